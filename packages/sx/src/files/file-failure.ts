import { ExitCode, Failure } from "@scorpiox/sxutil";

/** Why a file tool could not do what was asked. Stable words for programs. */
export type FileFailureCode =
  | "bad_path"
  | "bad_pattern"
  | "not_found"
  | "not_a_file"
  | "unreadable"
  | "too_large"
  | "binary"
  | "outside_workspace"
  | "protected_path"
  | "credential_path"
  | "unread"
  | "changed_on_disk"
  | "no_match"
  | "ambiguous_match"
  | "bad_edit"
  | "bad_offset"
  | "unencodable"
  | "bad_image"
  | "write_failed";

/** A file tool's expected failure. The message is for the model: it may span lines where it quotes the file. */
export class FileFailure extends Failure {
  override readonly name = "FileFailure";

  constructor(code: FileFailureCode, message: string, options?: { cause?: unknown }) {
    super(code, ExitCode.toolFailure, message, options);
  }
}
