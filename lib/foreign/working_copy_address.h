#ifndef GV_WORKING_COPY_ADDRESS_H
#define GV_WORKING_COPY_ADDRESS_H
/*
 * Where the server of a working copy of Subversion or Mercurial is: which
 * addresses a tool may be given, and which of them are folders of this host.
 * Pure functions.
 *
 *	if (gv_working_copy_is_address("svn", url, len) &&
 *	    gv_working_copy_local(&path, url) == 0)
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Whether an address may be given to a tool: one of its usual schemes, or for
 * hg an absolute path, without what a program could take for an option. */
bool
gv_working_copy_is_address(const char *tool, const char *address, size_t len);

/* Append the absolute path that an address is of. 0; GV_ENOTFOUND, without a
 * message, for a server elsewhere; GV_EREFUSED for a '%' without two digits;
 * GV_ENOMEM. */
int gv_working_copy_local(struct gv_buf *path, const char *address);

/* An address and its password apart: an argument of a program can be seen by
 * all users of the host. */
struct gv_working_copy_login {
	struct gv_buf address;        /* without the password */
	struct gv_buf user, password; /* decoded; empty: none */
};

/* Take an address apart. 0; GV_EREFUSED for a '%' without two digits;
 * GV_ENOMEM. To be released in any case. */
int gv_working_copy_login_init(
    struct gv_working_copy_login *out, const char *address);

/* Words for svn that has to show a password, which it reads as the line
 * gv_working_copy_login_input() adds. How many: 0 without a password. */
#define GV_WORKING_COPY_LOGIN_WORDS 4
size_t gv_working_copy_login_words(
    const char **out, const struct gv_working_copy_login *login);
int gv_working_copy_login_input(
    struct gv_buf *in, const struct gv_working_copy_login *login);

/* Wipe and free; zeroed ok. */
void gv_working_copy_login_release(struct gv_working_copy_login *login);

/* Append the address that `default` has in [paths] of an hgrc. 0; GV_ENOTFOUND
 * without a message; GV_ENOMEM. */
int
gv_working_copy_hgrc_source(struct gv_buf *out, const char *text, size_t len);

#endif
