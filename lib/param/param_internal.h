#ifndef GV_PARAM_INTERNAL_H
#define GV_PARAM_INTERNAL_H
/*
 * What the parts of param.h share. Include it nowhere else.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "layer/layer_emit.h"
#include "layer/layer_hiera.h"
#include "param/param.h"
#include "policy/team_rules.h"

#define GV_PARAM_FILE_MOST ((size_t)64 * 1024 * 1024)

struct gv_index;

/* Names of files: "{dir}values-{env}.{ext}|…", of which the first that exists
 * is the layer; "{…}" is what was asked for. One with a name that was not asked
 * for is left out. */
struct gv_param_layout {
	const char *name;
	enum gv_param_dialect dialect;
	bool are_whole;             /* a name at the top is replaced whole */
	const char *const *dirs;    /* that {dir} may be */
	const char *const *anchors; /* one of them exists */
	const char *const *layers;  /* the lowest first */
};

extern const struct gv_param_layout gv_param_layout_table[];

/* A layer as it was read. */
struct gv_param_file {
	struct gv_layer layer;
	struct gv_buf text;
	struct gv_scan *scan; /* once it was asked for */
	bool is_private;      /* Git does not track it */
	bool is_unread;       /* it cannot be scanned */
	bool is_section;      /* its text is that of the file before it */
};

struct gv_param_private {
	struct gv_repo *repo;
	const struct gv_param_query *query;
	const struct gv_param_layout *layout;
	int root; /* the working tree, or -1 */
	struct gv_index *index;
	struct gv_param_file **files;
	const struct gv_layer **list;
	size_t n, cap, cap_list;
	struct gv_layer_hiera hiera;
	struct gv_layer_rule whole;
	struct gv_team_rules rules;
	bool has_rules;
	struct gv_arena arena;
};

/* Expand the first name of a pattern that exists to `out`, with what its
 * {dir} is. 1; 0 where none exists, and *first, if not empty, is the name that
 * was looked for first; a failure. */
int gv_param_expand(struct gv_buf *out, struct gv_buf *first,
    struct gv_param_private *p, const char *pattern, const char *dir);

/* Whether a file exists; symbolic links do not count. */
bool gv_param_exists(struct gv_param_private *p, const char *path);

/* Find the layout and the folder that its {dir} is. 0; GV_ENOTFOUND. */
int gv_param_find_layout(struct gv_param_private *p, const char **dir);

/* Read a file as the next layer, and its section for the provider as one more;
 * where it does not exist, a layer that is missing. */
int gv_param_add(struct gv_param_private *p, const char *path, bool exists);

/* Have the files of a hierarchy of Hiera be the layers. */
int gv_param_add_hiera(struct gv_param_private *p);

#endif
