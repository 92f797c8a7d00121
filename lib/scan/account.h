#ifndef GV_ACCOUNT_H
#define GV_ACCOUNT_H
/*
 * Reads users and their passwords where no name tells which is which: the lines
 * "user:password" that chpasswd(8) is given, as a list of cloud-init's
 * "chpasswd:", in a here-document, by a pipe; the section [users] of settings;
 * files that hold nothing else.
 *
 *	r = gv_account_read(text, len, &at, fn, ctx);
 *	if (gv_account_line(&account, text, from, to)) …
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_account {
	size_t name, name_len; /* the user's */
	size_t value, value_len;
	bool is_loose; /* other settings may stand there, too: only what looks
			* like a password is one */
};

typedef int (*gv_account_fn)(void *ctx, const struct gv_account *account);

/* Call `fn` for each account of the "chpasswd" or the head of the section that
 * stands at `*at`, which is moved behind what was read; hashes and what a shell
 * puts in are left out. 0, or what `fn` returned. */
int gv_account_read(
    const char *text, size_t len, size_t *at, gv_account_fn fn, void *ctx);

/* The account of one line, from `at` to `end`, of a file of accounts:
 * "user:password", "user=password", "user password", "host user:password",
 * "host:user:password", "user: password,role", "user server password", "url
 * user password". False: none, or a comment. */
bool gv_account_line(
    struct gv_account *out, const char *text, size_t at, size_t end);

/* The same of a section: user = password, maybe with roles behind a comma. */
bool gv_account_setting(
    struct gv_account *out, const char *text, size_t at, size_t end);

#endif
