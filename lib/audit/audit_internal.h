#ifndef GV_AUDIT_INTERNAL_H
#define GV_AUDIT_INTERNAL_H
/*
 * What the files of the audit chain share, and who has to know where a chain
 * ended; nobody else includes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "repo/oid.h"

#define GV_AUDIT_SIGNATURE "Vault-Signature: "
#define GV_AUDIT_SAID      "Vault-Event: "       /* what an event says first */
#define GV_AUDIT_VAULT     "Vault-Keyring"       /* its fingerprint */
#define GV_AUDIT_ID        (2 * GV_DIGEST_BYTES) /* digits */
#define GV_AUDIT_SUM       32                    /* bytes of a SHA-256 */
#define GV_AUDIT_MAX       ((size_t)64 * 1024)   /* bytes of an event */

struct gv_audit_entry;
struct gv_audit_event;
struct gv_buf;
struct gv_odb;
struct gv_repo;
struct gv_secret;

/* ---- what is written ---- */

/* Append what an event says, as trailers from Vault-Event on. 0; GV_EUSAGE for
 * a kind that can be none, or where it is too much; GV_ERROR; GV_ENOMEM. */
int gv_audit_text_say(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_audit_event *e);

struct gv_audit_text {
	const char *said;               /* by the above */
	struct gv_oid parent;           /* zero: it is the first */
	uint64_t number;                /* 0: nobody knows */
	int64_t now;                    /* of the commit; seconds since 1970 */
	bool waited;                    /* until now, since it happened */
	const struct gv_secret *signer; /* or NULL */
};

/* Append the bytes of the commit. 0; GV_ENOMEM; GV_ERROR. */
int gv_audit_text_format(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_audit_text *t);

/* Append which service runs us and for whom, as it says itself: "github
 * octocat"; nothing outside of one. What looks like a secret is left out:
 * "github without ${GITHUB_ACTOR} (github-pat)". 0; GV_ERROR; GV_ENOMEM. */
int gv_audit_pipeline_add(struct gv_buf *out, struct gv_repo *repo);

/* ---- what waits ---- */

/* Have an event wait, durably. 0; GV_ERROR; GV_EUSAGE; GV_ENOMEM. */
int gv_audit_queue(struct gv_repo *repo, const struct gv_audit_event *event);

/* Append the names of the files that wait, in the order of their times, a NUL
 * behind each. 0, also where there are none; GV_ERROR; GV_ENOMEM. */
int gv_audit_queue_list(struct gv_buf *out, const struct gv_repo *repo);

/* Append what such a file says. 0; GV_ENOTFOUND where another process has told
 * it; GV_ECORRUPT; GV_ERROR; GV_ENOMEM. */
int gv_audit_queue_load(
    struct gv_buf *out, const struct gv_repo *repo, const char *name);

/* Take those of a list away. */
void
gv_audit_queue_drop(const struct gv_repo *repo, const struct gv_buf *names);

/* ---- what is read ---- */

/* Read the bytes of an event, whatever its signature is: whether that is of
 * these bytes is in *is_forged. As gv_audit_parse() for all else. */
int gv_audit_read(
    struct gv_audit_entry *out, bool *is_forged, const void *data, size_t len);

/* Read and check one event. As gv_audit_parse(), and GV_ENOTFOUND. */
int gv_audit_load(struct gv_audit_entry *out, struct gv_odb *odb,
    const struct gv_oid *commit);

/* As gv_audit_each(), from a commit on. */
int gv_audit_each_from(struct gv_odb *odb, const struct gv_oid *tip,
    const struct gv_oid *seen,
    int (*fn)(void *ctx, const struct gv_audit_entry *e), void *ctx);

/* ---- the end that was seen ---- */

/* Append the file that says where a chain ended when it was last seen: here, or
 * on a remote, by its name or address (NULL: here). 0; GV_EUSAGE for a host
 * that can be none; GV_ENOMEM. */
int gv_audit_end_path(struct gv_buf *out, const struct gv_repo *repo,
    const char *remote, const char *host);

/* Where that was. 0; GV_ENOTFOUND without a message where it was never seen;
 * GV_ECORRUPT where nobody can tell; GV_ENOMEM; GV_ERROR. */
int gv_audit_end_load(struct gv_oid *out, const struct gv_repo *repo,
    const char *remote, const char *host);

/* Note it. Where that cannot be done nothing is known the next time; no failure
 * tells. */
void gv_audit_end_save(const struct gv_repo *repo, const char *remote,
    const char *host, const struct gv_oid *tip);

/* Whether a chain can have this host's name: it becomes the
 * name of a file. */
bool gv_audit_end_is_host(const char *host);

/* The hosts of which an end was seen here, a NUL behind each. 0, also where
 * there are none; GV_ERROR; GV_ENOMEM. */
int gv_audit_end_hosts(struct gv_buf *out, const struct gv_repo *repo);

#endif
