#ifndef RECORD_OUT_H
#define RECORD_OUT_H
/*
 * A snapshot's record and a change as every command prints them: members of a
 * JSON object, and lines of text.
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_diff;
struct gv_diff_change;
struct gv_json;
struct gv_out;
struct gv_record;
struct gv_verified;

/* The members of a snapshot, into the object that is open. */
void gv_record_out_json(struct gv_json *j, const struct gv_record *rec);

/* "verified_time": when it was last found whole, or null. */
void gv_record_out_verified(struct gv_json *j, const struct gv_record *rec,
    const struct gv_verified *dates);

/* Its message, behind an empty line and indented as in `git log`. */
void gv_record_out_message(struct gv_out *out, const struct gv_record *rec);

/* What a letter of git's, m (only metadata), X (unreadable) or = means, in the
 * word that every document has for it. */
const char *gv_record_out_word(char letter);

/* A change as an object; with the sizes where they are known. */
void gv_record_out_change(
    struct gv_json *j, const struct gv_diff_change *c, bool sizes);

/* The fields of that object, in one that is open. */
void gv_record_out_fields(
    struct gv_json *j, const struct gv_diff_change *c, bool sizes);

/* "totals": how many changes there are of each kind. */
void gv_record_out_totals(struct gv_json *j, const struct gv_diff *d);

/* A change as a line of `git diff --name-status`, with the letter m where
 * only metadata differs; git has that in no colour. */
void gv_record_out_status(
    struct gv_out *out, const struct gv_diff_change *c, bool paint);

/* "PATH: mode 0644 -> 0600, …" of a change of metadata, on a line. */
void gv_record_out_metadata(struct gv_out *out, const struct gv_diff_change *c);

/* "Without: 12 files, as in …" on a line, of a snapshot that leaves files to
 * another version control system; else nothing. */
void gv_record_out_without(struct gv_out *out, const struct gv_record *rec);

/* Say the same of a snapshot whose files are shown or used; with --json
 * nothing. */
void
gv_record_out_tell_without(struct gv_ctx *ctx, const struct gv_record *rec);

/* "3 files added, 1 removed, …" on a line; "no changes" for none. */
void gv_record_out_sum(struct gv_out *out, const struct gv_diff *d);

#endif
