#!/usr/bin/env node
import { join } from "node:path";
import { startCommand } from "@scorpiox/sxutil";

startCommand(process, "scorpiox-codex-fetchtoken", { path: join(__dirname, "main.cjs"), require });
