import type { Authority } from "./authority-interface.js";
import { plainAnswer, type Player } from "./player.js";
import { findWire } from "./wires.js";

const CODEX_PATH = "/backend-api/codex/";

/** A player that answers the Codex provider only when its access token is one of `authority`'s and still good. */
export function guardPlayer(player: Player, authority: Pick<Authority, "stateOf">, now: () => number): Player {
  return {
    play: (request, n) => {
      const wire = request.path.startsWith(CODEX_PATH) ? findWire(request.method, request.path) : undefined;
      const accessToken = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
      if (wire === undefined || authority.stateOf(accessToken) === "live") return player.play(request, n);
      return { answer: plainAnswer(wire.failure("unauthorized", { nowMs: now(), model: "" })) };
    },
    remaining: () => player.remaining(),
    left: () => player.left(),
  };
}
