#!/usr/bin/env node
import { join } from "node:path";
import { startCommand } from "@scorpiox/sxutil";

startCommand(process, "sx", { path: join(__dirname, "main.cjs"), require });
