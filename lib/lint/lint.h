#ifndef GV_LINT_H
#define GV_LINT_H
/*
 * Checks whether the files of a tree fit together: what is named exists, is
 * stored, and means the same in all environments. The rules are queries over
 * the graph (lib/graph); this folder reads no files.
 *
 *	r = gv_lint_run(&report, &graph, &opts);
 *	for (i = 0; i < report.n; i++)
 *		print(report.findings[i].text);
 *	gv_lint_release(&report);
 *
 * One cause is one finding: a missing file that 30 files name has 30 places.
 * A name that is computed is never reported; the report counts them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct gv_buf;
struct gv_depgraph;
struct gv_depgraph_file;
struct gv_policy_lint;

enum gv_lint_severity {
	GV_LINT_INFO,    /* it may be right: it is decided elsewhere */
	GV_LINT_WARNING, /* it will do harm one day */
	GV_LINT_ERROR,   /* a deployment or a recovery fails */
	GV_LINT_NOTHING, /* gv_lint_opts.least: no finding is */
};

/* "info", "warning", "error". */
extern const char *const gv_lint_severities[GV_LINT_ERROR + 1];

struct gv_lint_rule {
	const char *id; /* "ref/missing-file" */
	enum gv_lint_severity severity;
	const char *summary; /* what it finds, a sentence without full stop */
};

/* All rules, by id; *n of them. Static. */
const struct gv_lint_rule *gv_lint_rules(size_t *n);

/* The rule of an id, or NULL. */
const struct gv_lint_rule *gv_lint_rule(const char *id);

/* Whether a rule is named: by its id, or by what its id begins with ("tf"). */
bool gv_lint_rule_is(const struct gv_lint_rule *rule, const char *name);

struct gv_lint_place {
	uint32_t file; /* of the graph */
	uint32_t line; /* 0: all of it */
};

enum gv_lint_allowed {
	GV_LINT_OPEN,
	GV_LINT_BY_COMMENT,  /* gitvault: ignore RULE REASON, at each place */
	GV_LINT_BY_POLICY,   /* check.ignore */
	GV_LINT_BY_BASELINE, /* it was there when the team began */
};

struct gv_lint_finding {
	const struct gv_lint_rule *rule;
	const char *subject; /* what is wrong, the same however lines move:
				with the rule it names the finding */
	const char *text; /* a sentence, lower case, no full stop; empty where
			     the severity is below gv_lint_opts.least */
	struct gv_lint_place *places;   /* by file and line, each once */
	const char *reason;             /* NULL: none was given */
	uint32_t n;                     /* places */
	enum gv_lint_severity severity; /* of this one: at most the rule's */
	enum gv_lint_allowed allowed;
	uint32_t fix; /* the number of its remedy + 1; 0: none is certain */
};

/* What is to be replaced at the places of a finding, once in each line. */
struct gv_lint_fix {
	const char *was, *now;
};

struct gv_lint_report {
	struct gv_lint_finding *findings; /* errors first, then by place */
	size_t n, cap;
	size_t files;    /* that have symbols */
	size_t edges;    /* references that were followed */
	size_t computed; /* references whose target is computed */
	size_t counts[GV_LINT_ERROR + 1]; /* open ones */
	size_t allowed;
	int64_t until;   /* when time alone changes it; INT64_MAX: never */
	bool is_private; /* it may say what a private file of the graph has */
	struct gv_lint_fix *fixes;
	size_t n_fixes, cap_fixes;
	/* private */
	struct gv_lint_place *places;
	struct gv_arena arena;
};

/* A state of Terraform and the code of its folder, where they differ. */
struct gv_lint_state {
	const char *env, *stack;
	const char *dir;     /* the folder with the code */
	size_t n_orphans;    /* resources without code … */
	const char *orphan;  /* … the first one */
	size_t n_planned;    /* blocks that are not in the state … */
	const char *planned; /* … the first one, in … */
	const char *file;    /* … this file, in … */
	uint32_t line;
};

struct gv_lint_opts {
	int64_t now;          /* seconds since 1970 */
	int64_t expires_soon; /* seconds: how long before its end a certificate
				 is reported; 0: the default */
	/* rules to run, by id or by what an id begins with; none: all. */
	const char *const *rules;
	size_t n_rules;
	/* what nobody wants to hear of */
	const struct gv_lint_ignore *ignores;
	size_t n_ignores;
	/* what the team says: a finding is allowed, or counts for less, where
	 * each of them says so; each may ask for more */
	const struct gv_policy_lint *const *policies;
	size_t n_policies;
	const struct gv_lint_state *states;
	size_t n_states;
	/* what is below is counted only: it has no sentence */
	enum gv_lint_severity least;
	/* the graph has a part of a tree: other files may exist */
	bool is_part;
	/* appends the bytes of a file, for keys that a policy requires and for
	 * the rules of .gitignore: 0, or a failure; NULL: neither is asked */
	int (*read)(
	    void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file);
	/* appends where a symbolic link leads: 0, or a failure; NULL: links are
	 * not looked at */
	int (*read_link)(
	    void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file);
	void *read_ctx;
};

/* Findings that are allowed: of a rule ("*": of any) in files that match a
 * pattern (gv_glob_match() with slashes; NULL: everywhere), or of one subject.
 */
struct gv_lint_ignore {
	const char *rule, *path, *subject, *reason;
	enum gv_lint_allowed by;
};

#define GV_LINT_EXPIRES_SOON (30 * 86400)

/* Check a graph, which gv_depgraph_link() has finished and which must outlive
 * the report. 0, whatever is found; GV_ENOMEM. The caller releases *out. */
int gv_lint_run(struct gv_lint_report *out, const struct gv_depgraph *graph,
    const struct gv_lint_opts *opts);

/* Free; zeroed ok. */
void gv_lint_release(struct gv_lint_report *report);

/* The place of the policy's file in the graph, for findings about what is not
 * there. Whether it is in the tree. */
bool gv_lint_policy_place(
    struct gv_lint_place *out, const struct gv_depgraph *graph, uint32_t line);

#endif
