#ifndef GV_CONFIGKEYS_CHANGE_H
#define GV_CONFIGKEYS_CHANGE_H
/*
 * Which keys differ between two texts of one configuration file, and which of
 * them have encrypted values. Values are compared as they are in the texts, in
 * the caller's memory, and none is part of the result. The syntax is that of
 * configkeys.h.
 *
 *	r = gv_configkeys_change_find(&list, path, &from, &to, &how, &arena);
 *	for (i = 0; r == 0 && i < list.n; i++)
 *		… list.items[i].name …
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_arena;
struct gv_revealed_stood;

enum gv_configkeys_change_kind {
	GV_CONFIGKEYS_ADDED, /* the second text has it alone */
	GV_CONFIGKEYS_CHANGED,
	GV_CONFIGKEYS_REMOVED, /* the first text has it alone */
};

struct gv_configkeys_change {
	const char *name; /* in the arena; NULL: it looks like a secret */
	enum gv_configkeys_change_kind kind;
	bool is_sealed; /* some of its value is encrypted in the vault */
};

/* In the order of their names, each once. */
struct gv_configkeys_changes {
	struct gv_configkeys_change *items; /* in the arena */
	size_t n;
	bool is_known; /* else nothing can be said */
};

/* One of the texts. */
struct gv_configkeys_text {
	const unsigned char *p;
	size_t len;
	const struct gv_revealed_stood *stood; /* its encrypted places, in
					       order. Where `is_left` is set the
					       value is unknown, and no change
					       of it is reported */
	size_t n;
	bool is_whole; /* all of the file is encrypted in the vault */
};

struct gv_configkeys_how {
	bool only_sealed; /* report no key whose values are stored in clear */
	/* Whether a name looks like a secret: 1, 0, or a failure. It may
	 * change the name while it runs. */
	int (*looks_secret)(void *ctx, char *name);
	void *ctx;
};

/* Compare. 0, also where a text has no keys (*out is not known then);
 * GV_ENOMEM, GV_ERROR, or looks_secret's failure. */
int
gv_configkeys_change_find(struct gv_configkeys_changes *out, const char *path,
    const struct gv_configkeys_text *from, const struct gv_configkeys_text *to,
    const struct gv_configkeys_how *how, struct gv_arena *arena);

#endif
