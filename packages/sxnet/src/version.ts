/** The version of this library, as `user-agent` names it. Equal to the `version` of every package here. */
export const VERSION = "0.1.0";
