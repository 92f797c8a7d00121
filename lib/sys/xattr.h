#ifndef GV_XATTR_H
#define GV_XATTR_H
/*
 * Extended attributes, as text that a manifest can hold: name=base64 pairs
 * joined by ',', sorted by name; bytes of a name that would be misread are
 * written as %XX. What the kernel's security modules keep for themselves
 * (security.selinux, security.ima, security.evm) is left out: it belongs to
 * the system, not to the file.
 *
 *	n = gv_xattr_get(&text, fd_dir, name);
 *	r = gv_xattr_set(fd, text);
 */

#include <stdbool.h>

struct gv_buf;

/* Whether the system can ask for the attributes of a name below an open
 * directory; then that is quicker than by a whole path, else slower. */
bool gv_xattr_reaches(int dirfd);

/* Whether the thing at `path` (relative to `dirfd`, a link is not followed)
 * may have extended attributes: false where it surely has none. */
bool gv_xattr_any(int dirfd, const char *path);

/* Append the attributes of the thing at `path`. How many there are, or -1
 * with errno set. Systems without extended attributes have none. */
int gv_xattr_get(struct gv_buf *out, int dirfd, const char *path);

/* Take the next attribute off *text: 1 with its name (a string) and its value
 * in the two buffers (what they held is gone), 0 at the end, GV_ECORRUPT with
 * the message set, GV_ENOMEM. */
int gv_xattr_next(const char **text, struct gv_buf *name, struct gv_buf *value);

/* Give the attributes that the text holds to an open file or directory. The
 * number that the system refused (its reason in errno), or -1 with the
 * message set where the text is damaged. */
int gv_xattr_set(int fd, const char *text);

/* The same, and those go that a snapshot by anybody would have seen (user.*,
 * access control lists, capabilities) and that the text lacks. */
int gv_xattr_reset(int fd, const char *text);

/* Append of such a text the attributes that give nobody a right: those of
 * "user.". Access lists, capabilities and those of the superuser are left out,
 * whichever way their names are written. 0; GV_ECORRUPT; GV_ENOMEM. A pure
 * function. */
int gv_xattr_keep_user(struct gv_buf *out, const char *text);

/* The same for a symbolic link, which cannot be opened: as gv_xattr_reset()
 * where they are to be `exact`, else as gv_xattr_set(). It is not followed. */
int
gv_xattr_set_link(int dirfd, const char *name, const char *text, bool exact);

/* Take away the access control lists that something new has of the directory
 * it was made in. 0 (also where there are none), or -1 with errno set. */
int gv_xattr_disown(int fd);

/* Whether that would leave the thing at `path` as it is. */
bool gv_xattr_is(int dirfd, const char *path, const char *text);

#endif
