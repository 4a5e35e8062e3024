/** The version of every scorpiox command, as `--version` prints it. Equal to the `version` of every package here. */
export const VERSION = "0.1.0";
