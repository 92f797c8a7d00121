#ifndef GV_NOTE_H
#define GV_NOTE_H
/*
 * Notes about commits of the project: refs/notes/vault, in the form of git
 * notes, so that `git notes --ref=vault show` and `git log --notes=vault` print
 * them. A note is lines, each a JSON object with sorted keys, so that
 * cat_sort_uniq merges the notes of two clones. The modules that write lines
 * define their content.
 *
 *	r = gv_note_add(edit, &commit, "{\"kind\":\"state\"}");
 *	r = gv_ledger_publish(edit);
 *
 * A note is about what was deployed, so it does not follow a commit that is
 * amended. Only lines about snapshots do (record/follow.h).
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_buf;
struct gv_ledger_edit;
struct gv_odb;
struct gv_oid;
struct gv_repo;

#define GV_NOTE_MAX ((size_t)16 << 20) /* bytes of a note that is read */

/* Add lines to the note of a commit ("\n" between two, and maybe behind the
 * last): objects to the edit, and the step of the ref behind those that its
 * transaction has, by which it does not count as undone. 1; 0 where all of them
 * are there already, and nothing is added;
 * GV_ECORRUPT or GV_ENOTFOUND where the notes are damaged; GV_EREFUSED for a
 * note that is too large; GV_ENOMEM; GV_ERROR. */
int gv_note_add(struct gv_ledger_edit *edit, const struct gv_oid *commit,
    const char *lines);

/* The same in a transaction of its own, once more where others write notes at
 * the same time. 0; as above, and as gv_ledger_publish(). */
int gv_note_put(struct gv_repo *repo, const struct gv_oid *commit,
    const char *lines, int64_t now);

/* Append the note of a commit, nothing where it has none. 0 or a failure as
 * above. */
int gv_note_read(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_oid *commit);

/* Visit the note of each commit, by its id: fn(ctx, commit, text) may change
 * the text, which is NULL of one that is too large to be read, and which nobody
 * of us has written. 0; fn's negative value; GV_ECORRUPT; GV_ENOMEM. */
int gv_note_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_oid *commit, struct gv_buf *text),
    void *ctx);

/* Whether a commit can be the newest of the notes, those of anybody. 0;
 * GV_ECORRUPT with what is in its tree and is no note; GV_ENOTFOUND; GV_ENOMEM.
 */
int gv_note_check_tip(struct gv_odb *odb, const struct gv_oid *commit);

/* Whether the line is there. 0 or a failure as above. */
int gv_note_has(bool *out, struct gv_repo *repo, const struct gv_oid *commit,
    const char *line);

#endif
