#ifndef GV_CONFIGKEYS_INTERNAL_H
#define GV_CONFIGKEYS_INTERNAL_H
/* What the readers of keys share. Each of them returns 0; GV_EREFUSED where the
 * text is not in order or too much; what the memory says. */

#include "rollback/configkeys.h"

/* The path to what is read now: the names of what it stands in. */
struct gv_configkeys_path {
	struct gv_configkeys *out;
	struct gv_secret text;
	struct gv_configkeys_level {
		size_t len; /* of the path to it */
		size_t at;  /* in the text, where it begins */
		size_t n;   /* what came in it */
		bool is_map;
		bool has_key; /* and its value has not come */
	} levels[GV_CONFIGKEYS_DEPTH_MAX];
	size_t depth;
};

/* Go into something whose path this is. */
int
gv_configkeys_path_enter(struct gv_configkeys_path *p, size_t at, bool is_map);

/* Put a name behind the path to what was entered last, in place of what stands
 * there. */
int gv_configkeys_path_set(
    struct gv_configkeys_path *p, const char *name, size_t len);

/* Put one more behind. */
int gv_configkeys_path_add(
    struct gv_configkeys_path *p, const char *name, size_t len);

/* Have the path as a key, whose value stands there. */
int
gv_configkeys_path_tell(struct gv_configkeys_path *p, size_t at, size_t len);

/* The same of a name that has no path. */
int gv_configkeys_add(struct gv_configkeys *k, const char *name,
    size_t name_len, size_t at, size_t len);

/* Read a text by its syntax. */
int gv_configkeys_read_json(
    struct gv_configkeys *out, const char *text, size_t len);
int gv_configkeys_read_yaml(
    struct gv_configkeys *out, const char *text, size_t len);
int
gv_configkeys_read_hcl(struct gv_configkeys *out, const char *text, size_t len);
int
gv_configkeys_read_env(struct gv_configkeys *out, const char *text, size_t len);
int
gv_configkeys_read_ini(struct gv_configkeys *out, const char *text, size_t len);

#endif
