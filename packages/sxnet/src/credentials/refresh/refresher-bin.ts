import { runRefresher } from "./refresher.js";

void runRefresher(process);
