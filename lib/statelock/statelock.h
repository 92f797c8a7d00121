#ifndef GV_STATELOCK_H
#define GV_STATELOCK_H
/*
 * Locks of states: refs/vault/locks/<env>/<stack> is a blob that says who has
 * it, in the JSON of Terraform, byte for byte as it was given. Taken and let go
 * of by compare-and-swap; with a remote, first there, by pushes that it refuses
 * where another one was quicker, and then here: what the remote has is true,
 * the ref here follows. What a kill leaves is put right by whatever is done
 * next with that remote. No lock ends by its age.
 *
 *	struct gv_statelock_at at = { .env = "prod", .stack = "default", … };
 *	r = gv_statelock_take(&lock, repo, &at, text.p, text.len, NULL);
 *	if (r == GV_ELOCKED)	lock.text is what its holder gave
 *	gv_statelock_release(&lock);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

#define GV_STATELOCK_MAX ((size_t)64 * 1024) /* bytes of a record */
#define GV_STATELOCK_ID  37                  /* of a new one, with the NUL */

/* What a record says; texts are its own, and "" where it says nothing. */
struct gv_statelock_record {
	char *id, *operation, *info, *who, *version, *created, *path;
	int64_t time;  /* what `created` is, in seconds since 1970 */
	bool has_time; /* it is one */
};

/* Read the bytes of a record: a JSON object with a text "ID" that is not empty.
 * 0; GV_ECORRUPT with what is wrong; GV_ENOMEM. To be released. */
int gv_statelock_parse(
    struct gv_statelock_record *out, const char *text, size_t len);

/* Append a record in Terraform's words, with a newline; NULL stands for "". A
 * byte that is not UTF-8 becomes U+FFFD. */
void gv_statelock_format(
    struct gv_buf *out, const struct gv_statelock_record *record);

/* Free what it holds; NULL-safe, zeroed ok. */
void gv_statelock_record_release(struct gv_statelock_record *record);

/* A random id for a new lock. 0 or GV_ERROR. */
int gv_statelock_id(char out[GV_STATELOCK_ID]);

/* Append who we are, as records have it: user@host. */
void gv_statelock_who(struct gv_buf *out);

/* A lock that stands, or stood. */
struct gv_statelock {
	char *env, *stack;
	struct gv_oid oid;  /* of its blob */
	struct gv_buf text; /* the record as it was given */
	struct gv_statelock_record record;
	char *damage; /* why it is no record: then all of it is empty; NULL */
	bool is_here, is_there; /* of a list: in this repository, on a remote */
};

/* NULL-safe, zeroed ok. */
void gv_statelock_release(struct gv_statelock *lock);

/* Which lock, and where. */
struct gv_statelock_at {
	const char *env, *stack;
	const char *remote; /* NULL: this repository alone */
	int64_t now;
};

/* Take a lock with this record. `reason`, where it is not NULL, takes it from
 * whoever has it, once the audit chain was told. 0 with *out; GV_ELOCKED with
 * *out what its holder gave, or zeroed where nobody knows; GV_EUSAGE for names
 * that can be none; GV_EREFUSED for what is no record, for names that look like
 * a secret, inside a push's quarantine, and where the remote does not let us;
 * GV_ERROR where the remote cannot be asked, or did not say what came of it:
 * nothing has changed here then, and what may have changed there is undone by
 * the next call that reaches it. *out is to be released whatever comes. */
int gv_statelock_take(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const void *record, size_t len,
    const char *reason);

/* Release the lock of this id, or, where it is NULL, a lock of this user (the
 * record's Who is we); with a `reason`, of anybody's, but of no other id, once
 * the audit chain was told. One that was taken with a remote is let go of
 * there, too, without being told to, but not with a reason: the remote may be
 * gone for good. 0 with *out what it was; GV_ENOTFOUND where nothing is locked;
 * the rest as above. */
int gv_statelock_drop(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const char *id, const char *reason);

/* Who has it now: 0 with *out to be released, GV_ENOTFOUND, or a failure. */
int gv_statelock_get(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at);

/* Do something that only who has the lock may do: call fn() while nobody can
 * take the lock here or let go of it, if the lock has this id, or, where `id`
 * is NULL, if nothing is locked. What fn() returned; without calling it
 * GV_ELOCKED with *out what the holder gave, GV_ENOTFOUND where nothing is
 * locked and an id was given; the rest as above. */
int gv_statelock_with(struct gv_statelock *out, struct gv_repo *repo,
    const struct gv_statelock_at *at, const char *id, int (*fn)(void *ctx),
    void *ctx);

struct gv_statelock_list {
	struct gv_statelock *locks; /* by name */
	size_t n, cap;
	char *unmended; /* why one that differs could not be mended, or NULL */
};

/* List all locks, with `remote` those that it has as well, having put right
 * what a kill left of them. A stack has two of them where this repository has
 * another one than the remote. 0 or a failure. */
int gv_statelock_list_load(struct gv_statelock_list *out, struct gv_repo *repo,
    const char *remote, int64_t now);

/* NULL-safe, zeroed ok. */
void gv_statelock_list_release(struct gv_statelock_list *list);

#endif
