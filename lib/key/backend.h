#ifndef GV_BACKEND_H
#define GV_BACKEND_H
/*
 * Vaults of others: services that keep values by a path, and that wrap keys.
 * One set of verbs for all kinds; which kind and where is the team's policy
 * (config/policy.h), how one gets in is this host's environment. What a value
 * is called and who may have it here is for safe.h; there, whoever has the
 * right gets it from the service, and nobody gets it from the policy.
 *
 *	r = gv_backend_open(&b, gv_policy_vault(&policy, "team"));
 *	r = gv_backend_path(&path, b, "prod", id);
 *	r = gv_backend_store(b, &version, path.p, value, len);
 *	gv_backend_close(b);
 *
 * Codes that all of them share: GV_ENOKEY where this host has no credentials,
 * they are not known or expired, or have no right to it; GV_ENOTFOUND where
 * there is no such value or version, with a sentence that tells what never was
 * from what is deleted (and can be brought back) and what is destroyed;
 * GV_EREFUSED where a setting is missing or the service does not take it;
 * GV_ECORRUPT for an answer that makes no sense; GV_ECANCELED; GV_ENOMEM;
 * GV_ERROR where no answer came, or only that it cannot now. What is said to be
 * too much is tried again, a few times.
 */

#include <stddef.h>

struct gv_backend;
struct gv_buf;
struct gv_policy_vault;
struct gv_secret;

#define GV_BACKEND_VERSION_MAX 64

/* Which version of a value, as its service calls it: letters, digits and '-'.
 */
struct gv_backend_version {
	char text[GV_BACKEND_VERSION_MAX + 1];
};

/* Make ready; nothing is sent. `vault` must outlive it. An address that the
 * policy names must be the one that this host's environment names (VAULT_ADDR,
 * AWS_ENDPOINT_URL): else whoever writes the policy could have values and
 * tokens sent to himself. The shared codes. */
int
gv_backend_open(struct gv_backend **out, const struct gv_policy_vault *vault);

/* NULL-safe; wipes. */
void gv_backend_close(struct gv_backend *b);

/* Append where a value is kept: the policy's path, the scope, the id. 0;
 * GV_EREFUSED where the scope cannot be part of a path; GV_ENOMEM. */
int gv_backend_path(struct gv_buf *out, const struct gv_backend *b,
    const char *scope, const char *id);

/* Whether the service takes a value of this many bytes: 0, or GV_EREFUSED with
 * its bounds. Nothing is sent. */
int gv_backend_check_size(const struct gv_backend *b, size_t len);

/* Have these bytes kept at a path. Where they are already, nothing is written;
 * *version is the one that has them. GV_EEXISTS where another value is there;
 * the shared codes. */
int gv_backend_store(struct gv_backend *b, struct gv_backend_version *version,
    const char *path, const void *p, size_t len);

/* Append the bytes of a version; NULL: of the newest. */
int gv_backend_fetch(struct gv_backend *b, struct gv_secret *out,
    const char *path, const char *version);

/* Delete the newest version, so that the service can still bring it back. 0,
 * also where it is deleted. */
int gv_backend_delete(struct gv_backend *b, const char *path);

/* Visit the names of values that are directly in a folder, deleted ones too
 * where the service shows them. 0, also where there is no such folder; fn's
 * negative value; the shared codes. */
int gv_backend_list(struct gv_backend *b, const char *dir,
    int (*fn)(void *ctx, const char *name), void *ctx);

/* Append a sentence on how it is: what answers, and whether it lets us in. A
 * token that can be renewed and has used up half of its time is renewed. */
int gv_backend_health(struct gv_backend *b, struct gv_buf *out);

/* Append bytes, at most GV_BACKEND_WRAP_MAX, wrapped by the service's key: text
 * without blanks that the service alone can unwrap. */
#define GV_BACKEND_WRAP_MAX ((size_t)4096)
int gv_backend_wrap(
    struct gv_backend *b, struct gv_buf *out, const void *p, size_t len);

/* Append what was wrapped. GV_ECORRUPT where the service says it is not what it
 * wrapped; the shared codes. */
int gv_backend_unwrap(
    struct gv_backend *b, struct gv_secret *out, const char *text);

#endif
