#ifndef GV_ACCEPTED_H
#define GV_ACCEPTED_H
/*
 * Differences that a team has accepted, with a reason: a file of the repository
 * that people may edit. Each is of one key and two environments, and has a
 * digest of both sides, so that a difference that changes again comes back.
 * That of secrets and of what Git does not track is made by the key of ids. Who
 * does not have that key sees only that they differ still. Weaker guards cannot
 * be accepted.
 *
 *	r = gv_accepted_parse(&accepted, GV_ACCEPTED_FILE, text, len);
 *	r = gv_accepted_apply(&report, &accepted, "staging", "prod", today);
 *	gv_accepted_release(&accepted);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "drift/drift.h"

struct gv_buf;

#define GV_ACCEPTED_FILE   ".gitvault-drift.yaml"
#define GV_ACCEPTED_DATE   10              /* characters of a day: 2026-11-28 */
#define GV_ACCEPTED_DIGEST GV_DRIFT_DIGEST /* bytes of one as text */

struct gv_accepted_entry {
	const char *key;
	const char *envs[2];
	const char *digests[2]; /* "none": it is not there; "hidden": there
				   was no key */
	const char *reason;
	const char *until; /* a day, of which all counts; NULL: for ever */
	const char *owner; /* or NULL */
	unsigned line;     /* where it is written, or 0 */
	size_t at, len;    /* its bytes, with all its lines */
};

struct gv_accepted {
	struct gv_accepted_entry *entries;
	size_t n, cap;
	struct gv_arena arena;
};

/* Read the file; `name` is for messages. 0; GV_EREFUSED with "NAME:LINE: " and
 * what is wrong; GV_ENOMEM. To be released in any case. */
int gv_accepted_parse(
    struct gv_accepted *out, const char *name, const char *text, size_t len);

/* Zeroed ok. */
void gv_accepted_release(struct gv_accepted *accepted);

/* Turn drift that is accepted on that day into GV_DRIFT_ACCEPTED, and have what
 * was accepted before keep its reason. Texts stay those of `accepted`. 0 or
 * GV_ENOMEM. */
int gv_accepted_apply(struct gv_drift_report *report,
    const struct gv_accepted *accepted, const char *left, const char *right,
    const char *today);

/* Whether any of them is about values that are never shown, and can be compared
 * by the key of ids. */
bool gv_accepted_has_named(const struct gv_accepted *accepted);

/* What stands for one side of a finding. */
void gv_accepted_digest(char out[GV_ACCEPTED_DIGEST],
    const struct gv_drift_finding *finding, const struct gv_drift_place *place);

/* Whether a text is a day of the calendar. */
bool gv_accepted_is_date(const char *text);

/* Add an entry to the text of such a file, in place of one of the same key and
 * environments. Other lines stay as they are. 0; as gv_accepted_parse(). */
int gv_accepted_add(struct gv_buf *text, const struct gv_accepted_entry *entry);

#endif
