#ifndef GV_CONSENT_SEEN_H
#define GV_CONSENT_SEEN_H
/*
 * Which contents of the policy files this clone has already reported as not
 * accepted, and which the user declined to accept. Several hooks run for one
 * commit, so they report a content once an hour; and the user is asked once for
 * each content. If the file .git/vault/policy-seen is lost, a content is
 * reported or asked for again.
 *
 *	if (!gv_consent_is_shown(repo, &of, now))
 *		gv_consent_set_shown(repo, &of, now);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_oid;
struct gv_repo;

#define GV_CONSENT_SHOWN_SECONDS 3600
#define GV_CONSENT_SEEN_MAX      32 /* lines; the oldest goes first */

enum gv_consent_seen { GV_CONSENT_SHOWN, GV_CONSENT_DECLINED };

/* When this happened to a content, by the text of the file, in seconds since
 * 1970; -1 where it did not, and where the text is damaged. The format is in
 * consent_seen.c. */
int64_t gv_consent_seen_at(const char *text, size_t len,
    enum gv_consent_seen what, const struct gv_oid *of);

/* Append the file's text with this in it. 0 or GV_ENOMEM. */
int gv_consent_seen_add(struct gv_buf *out, const char *text, size_t len,
    enum gv_consent_seen what, const struct gv_oid *of, int64_t now);

/* Whether the content was reported less than an hour ago. */
bool gv_consent_is_shown(
    const struct gv_repo *repo, const struct gv_oid *of, int64_t now);

/* Whether the user declined the content. */
bool
gv_consent_is_declined(const struct gv_repo *repo, const struct gv_oid *of);

/* Note it. No failure is reported. */
void gv_consent_see(const struct gv_repo *repo, enum gv_consent_seen what,
    const struct gv_oid *of, int64_t now);

#endif
