#ifndef GV_DRIFT_SOURCE_H
#define GV_DRIFT_SOURCE_H
/*
 * The files of a repository's environments for drift.h: those of the working
 * tree that a snapshot would hold, ignored ones among them; in a bare
 * repository those of HEAD.
 *
 *	r = gv_drift_source_open(&source, repo);
 *	r = gv_drift_source_find(&left, source, "staging");
 *	r = gv_drift_compare(&report, source->drift, left, right);
 *	gv_drift_source_close(source);
 */

#include <stddef.h>

#include "drift/drift.h"

struct gv_accepted_entry;
struct gv_oid;
struct gv_record;
struct gv_repo;
struct gv_safe;

struct gv_drift_source {
	const struct gv_drift_env *envs; /* in the order of promotion */
	size_t n_envs;
	struct gv_drift *drift;
	struct gv_drift_source_private *private;
};

/* Open it: files are listed, and read once they are compared. 0; GV_EREFUSED
 * where the policy cannot be read; GV_ENOTFOUND for a bare repository without a
 * commit; GV_ECANCELED, GV_ECORRUPT, GV_ENOMEM, GV_ERROR. */
int gv_drift_source_open(struct gv_drift_source **out, struct gv_repo *repo);

/* The same of one environment, as a snapshot has it (index 0, called by its id)
 * and now (index 1). Layers that several environments share are left out.
 * Secrets of the snapshot that `safe` (or NULL) does not open are unknown; it
 * and the record must outlive *out. GV_ENOTFOUND where neither has the
 * environment that `word` names; as gv_revealed_load(). */
int
gv_drift_source_open_from(struct gv_drift_source **out, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe, const char *word);

/* The same as a tree of a commit or snapshot has them, to be compared with
 * those of `like` by drift_since.h. */
int
gv_drift_source_open_tree(struct gv_drift_source **out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_drift_source *like);

/* Read secrets of such a tree, which is that of a snapshot, with those that
 * `safe` (or NULL) opens: before the first comparison. It and the record must
 * outlive the source. 0; as gv_revealed_load(). */
int gv_drift_source_open_secrets(struct gv_drift_source *source,
    const struct gv_record *rec, struct gv_safe *safe);

/* The same of two environments that are keys of a file: FILE#KEY, from the top,
 * `left` being index 0. KEY is a place in the file, or the name of an
 * environment, which stands for all places of the file that are named so next
 * to another environment (infra/envkey.h). GV_ENOTFOUND where there is no such
 * file or place; GV_EUSAGE for what is no FILE#KEY. */
int gv_drift_source_open_keys(struct gv_drift_source **out,
    struct gv_repo *repo, const char *left, const char *right);

/* The newest saved states of two environments, `left` being index 0: resources
 * and attributes by address. `safe` may be NULL; what it does not open is
 * compared by its names alone. No value is ever printed. GV_ENOTFOUND where an
 * environment has no state; GV_ECORRUPT, with the state, for one that is
 * damaged or not of its place; GV_EUSAGE where both are one. */
int
gv_drift_source_open_states(struct gv_drift_source **out, struct gv_repo *repo,
    struct gv_safe *safe, const char *left, const char *right);

/* Turn what differed already in `then`, of gv_drift_source_open_tree(), into
 * GV_DRIFT_BEFORE. An environment that was not there then differed in nothing.
 * 0; as gv_drift_compare(). */
int gv_drift_source_since(struct gv_drift_report *report,
    const struct gv_drift_source *now, struct gv_drift_source *then);

/* Have comments that differ be told, too, from now on. */
void gv_drift_source_tell_comments(struct gv_drift_source *source);

/* NULL-safe; wipes what was read. */
void gv_drift_source_close(struct gv_drift_source *source);

/* Compare two of its environments, with what the repository accepts: *out is
 * as of gv_drift_compare(), and its texts live as long as the source. `today`
 * is a day as accepted.h has it. As gv_drift_compare(); GV_EREFUSED where the
 * file of what is accepted cannot be read, with the line. */
int gv_drift_source_compare(struct gv_drift_report *out,
    struct gv_drift_source *source, unsigned left, unsigned right,
    const char *today);

/* Have values that are never shown digests that last, for what is to be
 * accepted: by the key of ids. If the repository has no such key, `makes_key`
 * has one made. Nothing happens if the keyring has one that nobody here can
 * open. Before the first comparison. 0; GV_ECANCELED, GV_ENOMEM. */
int gv_drift_source_name_hidden(struct gv_drift_source *source, bool makes_key);

/* Have the repository accept a difference, which is drift in a report of these
 * two environments. 0; GV_EREFUSED for a weaker guard, or where the file cannot
 * be read; GV_ERROR where it cannot be written; GV_ENOMEM. */
int gv_drift_source_accept(struct gv_drift_source *source,
    const struct gv_drift_finding *finding,
    const struct gv_accepted_entry *entry);

/* The index of the environment that a word names. 0; GV_ENOTFOUND with the
 * names that there are; GV_ENOMEM. */
int gv_drift_source_find(
    unsigned *out, struct gv_drift_source *source, const char *word);

#endif
