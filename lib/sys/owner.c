#include "sys/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one entry of the system's tables; a group may have many members. */
#define TEXT_MAX 65536

/* A tree has a handful of owners: a list, the last used in front. */
struct gv_owner_name {
	struct gv_owner_name *next;
	unsigned long id;
	bool by_name; /* it was asked for by its name: an alias may be */
	char name[];
};

static struct gv_owner_name *
to_front(struct gv_owner_name **list, struct gv_owner_name **at)
{
	struct gv_owner_name *n = *at;

	*at = n->next;
	n->next = *list;
	*list = n;
	return n;
}

static struct gv_owner_name *
remember(struct gv_owner_name **list, unsigned long id, const char *name,
    bool by_name)
{
	size_t len = strlen(name) + 1;
	struct gv_owner_name *n = malloc(sizeof(*n) + len);

	if (n == NULL)
		return NULL;
	n->id = id;
	n->by_name = by_name;
	memcpy(n->name, name, len);
	n->next = *list;
	*list = n;
	return n;
}

static struct gv_owner_name *
by_id(struct gv_owner_name **list, unsigned long id)
{
	struct gv_owner_name **at;

	for (at = list; *at; at = &(*at)->next)
		if (!(*at)->by_name && (*at)->id == id)
			return to_front(list, at);
	return NULL;
}

static struct gv_owner_name *
by_name(struct gv_owner_name **list, const char *name)
{
	struct gv_owner_name **at;

	for (at = list; *at; at = &(*at)->next)
		if ((*at)->by_name && strcmp((*at)->name, name) == 0)
			return to_front(list, at);
	return NULL;
}

const char *
gv_owner_user(struct gv_owner *o, uid_t uid)
{
	struct gv_owner_name *n = by_id(&o->users, uid);
	char number[24];

	if (n == NULL) {
		struct passwd pw, *found = NULL;
		char text[TEXT_MAX];

		if (getpwuid_r(uid, &pw, text, sizeof(text), &found) != 0)
			found = NULL;
		snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
		n = remember(
		    &o->users, uid, found ? pw.pw_name : number, false);
	}
	return n ? n->name : "?";
}

const char *
gv_owner_group(struct gv_owner *o, gid_t gid)
{
	struct gv_owner_name *n = by_id(&o->groups, gid);
	char number[24];

	if (n == NULL) {
		struct group gr, *found = NULL;
		char text[TEXT_MAX];

		if (getgrgid_r(gid, &gr, text, sizeof(text), &found) != 0)
			found = NULL;
		snprintf(number, sizeof(number), "%lu", (unsigned long)gid);
		n = remember(
		    &o->groups, gid, found ? gr.gr_name : number, false);
	}
	return n ? n->name : "?";
}

static unsigned long
number_of(const char *name)
{
	char *end;
	unsigned long id = strtoul(name, &end, 10);

	/* a larger one would be cut down to somebody's, perhaps root's */
	return *name >= '0' && *name <= '9' && *end == '\0' && id < UINT32_MAX
	    ? id
	    : (unsigned long)-1;
}

uid_t
gv_owner_find_user(struct gv_owner *o, const char *name)
{
	struct gv_owner_name *n = by_name(&o->users, name);
	struct passwd pw, *found = NULL;
	char text[TEXT_MAX];

	if (n == NULL) {
		if (getpwnam_r(name, &pw, text, sizeof(text), &found) != 0)
			found = NULL;
		n = remember(
		    &o->users, found ? pw.pw_uid : number_of(name), name, true);
	}
	return n ? (uid_t)n->id : (uid_t)-1;
}

gid_t
gv_owner_find_group(struct gv_owner *o, const char *name)
{
	struct gv_owner_name *n = by_name(&o->groups, name);
	struct group gr, *found = NULL;
	char text[TEXT_MAX];

	if (n == NULL) {
		if (getgrnam_r(name, &gr, text, sizeof(text), &found) != 0)
			found = NULL;
		n = remember(&o->groups, found ? gr.gr_gid : number_of(name),
		    name, true);
	}
	return n ? (gid_t)n->id : (gid_t)-1;
}

static void
free_list(struct gv_owner_name *n)
{
	struct gv_owner_name *next;

	for (; n; n = next) {
		next = n->next;
		free(n);
	}
}

void
gv_owner_release(struct gv_owner *o)
{
	if (o == NULL)
		return;
	free_list(o->users);
	free_list(o->groups);
	o->users = o->groups = NULL;
}
