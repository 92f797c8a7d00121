#ifndef GV_PARAM_CHECK_INTERNAL_H
#define GV_PARAM_CHECK_INTERNAL_H
/*
 * What the parts of param_check.h share. Include it nowhere else.
 */

#include "param/param_check.h"
#include "param/param_internal.h"

struct gv_param_schema_file;
struct gv_param_targets;
struct gv_schema;

/* A configuration that is checked. */
struct gv_param_one {
	struct gv_param_query query;
	struct gv_param *param; /* NULL: it could not be read, or is closed */
	const char *before;     /* it was good then: what is wrong is a note */
	bool is_context; /* others are compared with it, it is not checked */
	char name[256];
};

/* A schema of a set, with those that it may refer to. */
struct gv_param_schema {
	const char *path;
	bool is_accepted;  /* its content is the accepted one, which differs */
	bool is_compared;  /* of the present one: it was asked, and … */
	bool has_accepted; /* … the accepted one differs */
	struct gv_schema *schema; /* NULL: it cannot be used, and why */
	char *why;
	struct gv_param_schema_file *files; /* the first is it */
	size_t n, cap;
};

struct gv_param_checker {
	struct gv_param_pool *pool;
	struct gv_param_report *report;
	const struct gv_param_one *current;
	struct gv_param_one *all; /* of one set */
	size_t n, cap;
	bool has_across;  /* rules over several of them */
	bool is_context;  /* what is opened now is */
	bool skips;       /* a configuration may be missing */
	uint32_t layouts; /* of the table, that were used: bits */
	struct gv_param_schema *schemas;
	size_t n_schemas, cap_schemas;
	struct gv_buf
	    accepted;      /* schemas, as gv_consent_schema_id() has them */
	bool has_accepted; /* it is loaded */
};

/* Add a problem (grade, check, key and text) of a configuration, at a value
 * (NULL: none). 0 or GV_ENOMEM. */
int
gv_param_check_say(struct gv_param_checker *c, const struct gv_param_one *one,
    struct gv_param_problem problem, const struct gv_layer_value *v);

/* The sets whose schemas and rules a set has to fit: *out is its own and the
 * accepted one, returns how many. */
size_t gv_param_check_sets(const struct gv_policy_config *out[2],
    const struct gv_param_pool *pool, const char *name);

/* The schema of a path, read once; *out is the checker's. 0, also where it
 * cannot be used, and says why; GV_ENOMEM, GV_ECANCELED.
 * (param_check_schema_file.c) */
int gv_param_check_find_schema(struct gv_param_schema **out,
    struct gv_param_checker *c, const char *path, bool is_accepted);

int gv_param_check_schemas(
    struct gv_param_checker *c, const struct gv_param_one *one);
int gv_param_check_values(
    struct gv_param_checker *c, const struct gv_param_one *one);
/* Hold it against what was good before. (param_check_before.c) */
int gv_param_check_before(
    struct gv_param_checker *c, const struct gv_param_one *one);
int gv_param_check_rules(
    struct gv_param_checker *c, const struct gv_param_one *one);
/* Hold it against what the version of its application needs, and let it be
 * visited. (param_check_app.c) */
int
gv_param_check_app(struct gv_param_checker *c, const struct gv_param_one *one);

/* Remember the layout that a configuration has. (param_check_layout.c) */
int gv_param_check_note_layout(
    struct gv_param_checker *c, const struct gv_param_query *query);
/* Name the layouts whose files are there, and that no configuration has. */
int gv_param_check_layouts(
    struct gv_param_checker *c, const struct gv_param_targets *targets);

bool gv_param_has_across(const struct gv_param_pool *pool, const char *name);
int gv_param_check_across(struct gv_param_checker *c);

/* Free the schemas. */
void gv_param_check_close(struct gv_param_checker *c);

#endif
