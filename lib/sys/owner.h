#ifndef GV_OWNER_H
#define GV_OWNER_H
/*
 * Names of users and groups, as text: the name, or the number where the
 * system knows none. Remembered, since the system's look-up may be slow.
 * Not thread safe: one struct a thread.
 *
 *	struct gv_owner o = GV_OWNER_INIT;
 *	text = gv_owner_user(&o, st.st_uid);
 *	uid = gv_owner_find_user(&o, "deploy");
 */

#include <sys/types.h>

struct gv_owner_name;

struct gv_owner {
	struct gv_owner_name *users, *groups;
};

#define GV_OWNER_INIT                                                          \
	{                                                                      \
		NULL, NULL                                                     \
	}

/* The name, valid until the release; "?" when out of memory. */
const char *gv_owner_user(struct gv_owner *o, uid_t uid);
const char *gv_owner_group(struct gv_owner *o, gid_t gid);

/* The number of a name, or of a number in decimal; (uid_t)-1 where the system
 * does not know it, which chown(2) takes as "leave it". */
uid_t gv_owner_find_user(struct gv_owner *o, const char *name);
gid_t gv_owner_find_group(struct gv_owner *o, const char *name);

void gv_owner_release(struct gv_owner *o);

#endif
