#ifndef GV_PARAM_INTERNAL_H
#define GV_PARAM_INTERNAL_H
/*
 * What the parts of param.h share. Include it nowhere else.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "config/policy.h"
#include "layer/layer_emit.h"
#include "layer/layer_hiera.h"
#include "param/param.h"
#include "param/param_store.h"
#include "policy/team_rules.h"
#include "repo/oid.h"

#define GV_PARAM_FILE_MOST ((size_t)64 * 1024 * 1024)

struct gv_index;

/* Names of files: "{dir}values-{env}.{ext}|…", of which the first that exists
 * is the layer; "{…}" is what was asked for. One with a name that was not asked
 * for is left out. What begins with '?' is no layer where it does not exist. */
struct gv_param_layout {
	const char *name;
	enum gv_param_dialect dialect;
	bool are_whole;             /* a name at the top is replaced whole */
	bool are_dotted;            /* keys with dots are paths */
	const char *const *dirs;    /* that {dir} may be */
	const char *const *anchors; /* one of them exists */
	const char *const *layers;  /* the lowest first */
};

extern const struct gv_param_layout gv_param_layout_table[];

/* What {ext} may be, NULL behind the last. */
extern const char *const gv_param_exts[];

/* A layer as it was read: a file, or the part of it that is for a provider. */
struct gv_param_file {
	struct gv_layer layer;
	struct gv_buf text;
	struct gv_scan *scan;       /* once it was asked for */
	struct gv_param_file *next; /* the same file for another environment */
	const char *env;            /* whose documents it has */
	const struct gv_layer_value *providers; /* what is for them alone */
	int failed; /* it cannot be read: why, and the code */
	char why[512];
	bool has_profiles; /* it has others for other ones */
	bool is_private;   /* Git does not track it */
	bool is_unread;    /* it cannot be scanned */
	bool is_section;   /* its text is that of the file before it */
	bool is_closed;    /* encrypted as a whole: nobody knows its keys */
	bool has_sops;     /* it has the section that SOPS writes */
	bool is_by_mac;    /* SOPS vouches for all of its values together */
};

struct gv_param_pool {
	struct gv_repo *repo;
	struct gv_oid oid;
	const struct gv_oid *tree; /* &oid; NULL: the working tree */
	int root;                  /* the working tree, or -1 */
	struct gv_index *index;
	struct gv_policy policy;
	struct gv_team_rules rules;
	bool has_rules;
	struct gv_map files;  /* "NUMBER:PATH" or "NUMBER:PATH:PROVIDER" */
	struct gv_map known;  /* paths to whether they exist */
	struct gv_map put;    /* paths to texts that stand in for files */
	bool is_live;         /* gv_param_pool_live() */
	int64_t when;         /* gv_param_pool_when(); 0: not known */
	struct gv_map failed; /* names of sets to why they cannot be read */
	struct gv_map stores; /* names of sets to who keeps them, once asked */
	struct gv_param_file **list;
	size_t n, cap;
	struct gv_arena arena;
};

/* What is to be found: the query as it counts, with what the policy says of the
 * environment. */
struct gv_param_private {
	struct gv_param_pool *pool;
	struct gv_param_query query;
	const char *tier;
	const struct gv_param_layout *layout;
	struct gv_param_layout of_set; /* a set as a layout */
	struct gv_param_store *store;  /* that keeps the layers; NULL: files */
	struct gv_param_file **files;
	const struct gv_layer **list;
	size_t n, cap, cap_list;
	struct gv_layer_hiera hiera;
	struct gv_layer_rule whole;
	struct gv_arena arena;
};

/* Have a set of the policy be the layout. 0; GV_EREFUSED where a program keeps
 * its layers that is not accepted, or that fails; GV_ECANCELED, GV_ENOMEM. */
int gv_param_use_set(
    struct gv_param_private *p, const struct gv_policy_config *set);

/* How the layers of a set are merged. 0 or GV_ENOMEM. */
int gv_param_set_opts(struct gv_layer_opts *out, struct gv_param_private *p,
    const struct gv_policy_config *set);

/* Who keeps the layers of a set; *out is NULL where they are files. As
 * gv_param_use_set(). */
int gv_param_find_store(struct gv_param_store **out, struct gv_param_pool *pool,
    const struct gv_policy_config *set);

/* Close those of a pool. */
void gv_param_close_stores(struct gv_param_pool *pool);

/* Whether a layer exists. */
bool gv_param_has_layer(struct gv_param_private *p, const char *path);

/* Append the bytes of a layer, as gv_param_read(). */
int gv_param_read_layer(
    struct gv_buf *out, struct gv_param_private *p, const char *path);

/* Append the bytes of a file. 0; GV_EREFUSED if it is too large; GV_ERROR and
 * others. */
int
gv_param_read(struct gv_buf *out, struct gv_param_pool *pool, const char *path);

/* Expand the first name of a pattern that exists to `out`, with what its
 * {dir} is. 1; 0 where none exists, and *first, if not empty, is the name that
 * was looked for first; a failure. */
int gv_param_expand(struct gv_buf *out, struct gv_buf *first,
    struct gv_param_private *p, const char *pattern, const char *dir);

/* Whether what was asked for can be part of the name of a file. */
bool gv_param_is_name(const char *text);

/* Whether a file exists, or a symbolic link, which cannot be read. */
bool gv_param_exists(struct gv_param_pool *pool, const char *path);

/* Find the layout and the folder that its {dir} is: of the sets of the policy,
 * and where it has none of those that are recognised. *set is NULL for the
 * latter. 0; GV_ENOTFOUND. */
int gv_param_find_layout(struct gv_param_private *p,
    const struct gv_policy_config **set, const char **dir);

/* Read a file as the next layer, and its section for the provider as one more;
 * where it does not exist, a layer that is missing. */
int gv_param_add(struct gv_param_private *p, const char *path, bool exists);

/* The paths of the layers of the layout that was found, the lowest first; none
 * is read. 0; GV_EREFUSED for a hierarchy that cannot be read, and as
 * gv_param_read(). Free *out in any case; paths live as long as `p`. */
struct gv_param_place {
	const char *path;
	bool exists;
};
int gv_param_places(struct gv_param_place **out, size_t *n,
    struct gv_param_private *p, const char *dir);

/* The paths of hiera.yaml for a query. As gv_layer_hiera_read(). */
int gv_param_hierarchy(struct gv_layer_hiera *out, struct gv_param_pool *pool,
    const struct gv_param_query *query);

/* The node whose keys, with the dots that are in them, spell a path; of several
 * the last, which wins. GV_DOC_NONE where there is no such one. */
uint32_t gv_param_find_spelled(const struct gv_doc *doc, const char *key);

/* Find the secrets of a text by the rules that the policy has. 0 or a failure,
 * also where the rules cannot be read: it may hold one then. */
struct gv_scan;
int gv_param_scan_text(struct gv_scan *out, struct gv_param_pool *pool,
    const char *path, const char *text, size_t len);

/* What the words of a pattern are in a path: env, service, provider, region
 * and ext; NULL: it does not have that one. */
#define GV_PARAM_WORDS 5
struct gv_param_words {
	const char *words[GV_PARAM_WORDS];
	size_t lens[GV_PARAM_WORDS];
	bool has_name; /* one of these but ext, or a host, or a tier */
};

/* Whether a path is one of a pattern, up to its end or a '|'. */
bool gv_param_matches(struct gv_param_words *out, const char *pattern,
    const char *dir, const char *path);

/* Whether the path is one of a pattern of the layout whose words fit. */
bool gv_param_has_pattern(const struct gv_param_layout *layout, const char *dir,
    const char *path, bool (*fits)(const struct gv_param_words *words));

/* Each regular file that Git tracks, until fn() returns other than 0, which is
 * returned. Failures to read. */
int gv_param_each_path(struct gv_param_pool *pool,
    int (*fn)(void *ctx, const char *path), void *ctx);

#endif
