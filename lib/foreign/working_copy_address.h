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

struct gv_buf;

/* Whether an address may be given to a tool: one of its usual schemes, or for
 * hg an absolute path, without what a program could take for an option. */
bool
gv_working_copy_is_address(const char *tool, const char *address, size_t len);

/* Append the absolute path that an address is of. 0; GV_ENOTFOUND, without a
 * message, for a server elsewhere; GV_EREFUSED for a '%' without two digits;
 * GV_ENOMEM. */
int gv_working_copy_local(struct gv_buf *path, const char *address);

/* Append the address that `default` has in [paths] of an hgrc. 0; GV_ENOTFOUND
 * without a message; GV_ENOMEM. */
int
gv_working_copy_hgrc_source(struct gv_buf *out, const char *text, size_t len);

#endif
