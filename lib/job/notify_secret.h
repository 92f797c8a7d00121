#ifndef GV_NOTIFY_SECRET_H
#define GV_NOTIFY_SECRET_H
/*
 * Addresses and keys of notifications that are encrypted secrets of the vault.
 * The safe is opened with the first of them; who would have to be asked is
 * asked only as its options say.
 *
 *	struct gv_notify_secret secret = { .repo = repo, .keys = &opts };
 *	r = gv_notify_secret_get(&url, &secret, "ops/0123…");
 *	gv_notify_secret_close(&secret);
 */

#include <stdbool.h>

struct gv_repo;
struct gv_safe;
struct gv_safe_opts;
struct gv_safe_reader;
struct gv_secret;

struct gv_notify_secret {
	struct gv_repo *repo;
	const struct gv_safe_opts *keys;
	struct gv_safe *safe;
	struct gv_safe_reader *reader;
};

/* Whether a text is "SCOPE/ID", with all digits of the id. Pure. */
bool gv_notify_secret_is(const char *text);

/* Append the secret of that name, without the end of its line. 0; GV_ENOKEY;
 * GV_EREFUSED where it is more than 4 KiB or no line of text; as gv_safe_open()
 * and gv_safe_get(). */
int gv_notify_secret_get(
    struct gv_secret *out, struct gv_notify_secret *secret, const char *name);

/* Zeroed ok; wipes. */
void gv_notify_secret_close(struct gv_notify_secret *secret);

#endif
