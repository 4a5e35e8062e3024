#!/usr/bin/env node
import { join } from "node:path";
import { startCommand } from "@scorpiox/sxutil";

startCommand(process, "sx", join(__dirname, "main.cjs"));
