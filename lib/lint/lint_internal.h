#ifndef GV_LINT_INTERNAL_H
#define GV_LINT_INTERNAL_H
/*
 * What the rules share. Each is a function that goes over the graph and adds
 * what it finds. None of them fails: memory that runs out is kept in `failed`,
 * and gv_lint_run() tells.
 *
 *	void
 *	gv_lint_images(struct gv_lint *c)
 *	{
 *		…
 *		gv_lint_add(c, "image/unpinned", subject,
 *		    gv_lint_at(c, symbol), "'%s' has no tag", image);
 *	}
 */

#include "base/buf.h"
#include "base/map.h"
#include "lint/lint.h"
#include "graph/depgraph.h"

struct gv_lint {
	struct gv_lint_report *report;
	const struct gv_depgraph *graph;
	const struct gv_lint_opts *opts;
	bool failed;                   /* memory ran out; sticky */
	struct gv_lint_adding *adding; /* of lint_add.c */
	struct gv_lint_nearby *nearby; /* of lint_near.c; NULL: none yet */
	/* by file, and by folder of Terraform's code, while gv_lint_missing()
	 * runs: not all of it can be read, so what is missing may be there */
	bool *broken_files, *broken_folders;
	struct gv_lint_made *made; /* of lint_made.c; NULL: not looked for */
	/* of lint_ignored.c: borrowed, and only read */
	const struct gv_lint_ignored *ignored;
};

/* Begin and end with adding; what gv_lint_settle() puts together are the places
 * of each finding, of which none can be added then. 0 or GV_ENOMEM, without a
 * message. */
int gv_lint_begin(struct gv_lint *c);
int gv_lint_settle(struct gv_lint *c);
void gv_lint_end(struct gv_lint *c);

/* Nothing more is added: free what finds a finding again. */
void gv_lint_close(struct gv_lint *c);

/* Add all that another one has found of the same graph, which is closed and
 * whose report is empty afterwards. 0 or GV_ENOMEM, without a message. */
int gv_lint_join(struct gv_lint *c, struct gv_lint *from);

/* Note that what a finding says may come from this file. */
static inline void
gv_lint_saw(const struct gv_lint *c, uint32_t file)
{
	c->report->is_private |=
	    (c->graph->files[file].flags & GV_DEPGRAPH_PRIVATE) != 0;
}

/* By file, then line. */
int gv_lint_compare_places(
    const struct gv_lint_place *x, const struct gv_lint_place *y);

/* Add a finding, or a place to the one that has this rule and subject. The
 * format is of the sentence, which counts only the first time. */
void gv_lint_add(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Say what remedies the finding that was added last. Both are copied; nothing
 * happens where they hold more than names and paths do. */
void gv_lint_fix(struct gv_lint *c, const char *was, const char *now);

/* Add a second place to a finding that is there. */
void gv_lint_add_place(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place);

/* The number of the finding that was added last, or GV_DEPGRAPH_NONE; and add a
 * place to the one of such a number. */
uint32_t gv_lint_last(const struct gv_lint *c);
void
gv_lint_add_to(struct gv_lint *c, uint32_t finding, struct gv_lint_place place);

/* As gv_lint_add(), as information only, whatever the rule says. */
void gv_lint_note(struct gv_lint *c, const char *rule, const char *subject,
    struct gv_lint_place place, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The first symbol that came with this key: `symbol` itself if it is new to the
 * map, which remembers it. */
uint32_t gv_lint_first(struct gv_lint *c, struct gv_map *first, const char *key,
    size_t len, uint32_t symbol);

/* Whether findings of a rule are shown; for others a suggestion is a waste. */
bool gv_lint_is_shown(const struct gv_lint *c, const char *rule);

/* Whether a time has come; the report lasts no longer than until it does. */
bool gv_lint_is_past(struct gv_lint *c, int64_t when);

/* Where a symbol stands, by its number; where an edge begins. */
struct gv_lint_place gv_lint_at(const struct gv_lint *c, uint32_t symbol);
struct gv_lint_place
gv_lint_from(const struct gv_lint *c, const struct gv_depgraph_edge *edge);

/* Texts of a symbol of the graph: its name, its extra; the path of its file,
 * and the environment of that, NULL for none. */
const char *gv_lint_name(const struct gv_lint *c, const struct gv_symbol *s);
const char *gv_lint_extra(const struct gv_lint *c, const struct gv_symbol *s);
const char *gv_lint_path(const struct gv_lint *c, uint32_t symbol);
const char *gv_lint_env(const struct gv_lint *c, uint32_t symbol);

/* Append a path, or a name, with a '*' for each word that names an
 * environment: what is the same in all of them. */
void gv_lint_fold_path(struct gv_buf *out, const char *path);

/* Whether an environment is one that users see. */
bool gv_lint_is_prod(const char *env);

/* The name of a definition in a space that is most like another one, among
 * those of one folder (GV_DEPGRAPH_NONE: of any); NULL where none is near. */
const char *gv_lint_near(struct gv_lint *c, uint32_t folder,
    enum gv_symbol_space space, const char *name);

/* The same where nothing else can have been meant: the only name that is one
 * slip of the hand away. */
const char *gv_lint_sure(struct gv_lint *c, uint32_t folder,
    enum gv_symbol_space space, const char *name);

/* Whether two names differ by one slip of the hand, such as "regoin" and
 * "region": not in a digit, nor in a part of fewer than four letters, nor in
 * the first letter of one. */
bool gv_lint_is_slip(const char *a, const char *b);

/* Whether an object of Kubernetes that is missing may be one that a chart from
 * elsewhere makes; and free what was found for that. */
bool gv_lint_may_be_made(
    struct gv_lint *c, const struct gv_symbol *s, uint32_t file);
void gv_lint_made_free(struct gv_lint_made *made);

/* Whether a file is an example that people copy. */
bool gv_lint_is_model(const struct gv_depgraph_file *file);

/* Free the names that gv_lint_near() gathered. */
void gv_lint_near_end(struct gv_lint *c);

/* The path of a file most like one that is missing: of the same folder, or in
 * another letter case (*is_case). NULL where none is near. */
const char *
gv_lint_near_path(const struct gv_lint *c, const char *path, bool *is_case);

/* The same where nothing else can have been meant. */
const char *gv_lint_sure_path(const struct gv_lint *c, const char *path);

/* ---- lint_many.c --------------------------------------------------------- */

#define GV_LINT_MANY  4 /* different names that are missing are many … */
#define GV_LINT_SHOWN 3 /* … of which this many are named */
#define GV_LINT_KINDS 8 /* of relations by name that a file has */

/* What a file refers to by relations of one kind. */
struct gv_lint_kind {
	uint16_t edge, space;
	uint32_t n, n_missing;
	const char *names[GV_LINT_MANY]; /* of those, the first ones */
	uint32_t n_names;
	uint32_t finding; /* of this kind in this file; NONE: none yet */
	uint32_t last;    /* private */
};

struct gv_lint_many {
	struct gv_lint_kind kinds[GV_LINT_KINDS];
	size_t n;
	uint32_t file;
};

/* Count them for the file that the edge is of, its first one. */
void gv_lint_many_begin(
    struct gv_lint_many *many, const struct gv_lint *c, uint32_t edge);

/* The kind of an edge of this file, if many of its names are missing, and most
 * of them; else NULL. */
struct gv_lint_kind *gv_lint_many_find(struct gv_lint_many *many,
    const struct gv_depgraph_edge *e, const struct gv_symbol *s);

/* Append names: 'a', 'b' and 'c', or 'a', 'b' and others. */
void gv_lint_add_names(
    struct gv_buf *out, const char *const *names, size_t n, bool has_more);

/* ---- lint_ignored.c ------------------------------------------------------ */

/* Read the rules of .gitignore for all paths that are missing; on the caller's
 * thread. 0 or GV_ENOMEM, without a message. */
int gv_lint_ignored_new(struct gv_lint_ignored **out,
    const struct gv_depgraph *g, const struct gv_lint_opts *opts);
void gv_lint_ignored_free(struct gv_lint_ignored *all);

/* Whether the project ignores a path that is missing. */
bool gv_lint_is_ignored(const struct gv_lint *c, const char *path);

/* ---- the rules ----------------------------------------------------------- */

void gv_lint_missing(struct gv_lint *c);
void gv_lint_missing_values(struct gv_lint *c);
void gv_lint_left(struct gv_lint *c);
void gv_lint_filters(struct gv_lint *c);
void gv_lint_files(struct gv_lint *c);
void gv_lint_terraform(struct gv_lint *c);
void gv_lint_variables(struct gv_lint *c);
void gv_lint_versions(struct gv_lint *c);
void gv_lint_kubernetes(struct gv_lint *c);
void gv_lint_helm(struct gv_lint *c);
void gv_lint_images(struct gv_lint *c);
void gv_lint_guards(struct gv_lint *c);
void gv_lint_cycles(struct gv_lint *c);
void gv_lint_envs(struct gv_lint *c);
void gv_lint_objects(struct gv_lint *c);
void gv_lint_pulumi(struct gv_lint *c);
void gv_lint_mappings(struct gv_lint *c);
void gv_lint_kinds(struct gv_lint *c);
void gv_lint_links(struct gv_lint *c);
void gv_lint_states(struct gv_lint *c);
void gv_lint_secrets(struct gv_lint *c);
void gv_lint_pipelines(struct gv_lint *c);
void gv_lint_policy(struct gv_lint *c);

/* Whether a symbol is an image that is pulled from elsewhere. */
bool gv_lint_is_image(const struct gv_symbol *s);

/* Set *severity to what a rule counts as by the policy, where it is
 * `by_default` without one. False: the policy switches it off. */
bool gv_lint_level(enum gv_lint_severity *severity, const struct gv_lint *c,
    const struct gv_lint_rule *rule, enum gv_lint_severity by_default);

/* Mark what comments, the policy and the baseline allow. */
void gv_lint_allow(struct gv_lint *c);

#endif
