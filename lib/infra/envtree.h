#ifndef GV_ENVTREE_H
#define GV_ENVTREE_H
/*
 * The environments of a tree of files: which there are, in which order they
 * are promoted, and which path belongs to which, by what rule. It sees what a
 * path alone cannot tell: a folder or file named like an environment counts if
 * others next to it are so named, too, and hold files of the same names.
 * A pure function of the paths and of what the policy says. Not for what
 * stands inside the files, and not for the scope of a secret, which must not
 * change because somebody deleted a folder: vault/scope.h.
 *
 *	r = gv_envtree_new(&tree, paths, n, NULL, 0);
 *	gv_envtree_of(&v, tree, "live/prod/vpc.tf", 16);
 *	v.env->name	"prod"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What decides; the first that applies. */
enum gv_envtree_rule {
	GV_ENVTREE_NONE,
	GV_ENVTREE_POLICY,     /* the policy: environments.NAME.paths */
	GV_ENVTREE_HOME,       /* a folder for environments: envs/prod */
	GV_ENVTREE_OVERLAY,    /* overlays/prod */
	GV_ENVTREE_STACK,      /* stacks/prod, Pulumi.prod.yaml */
	GV_ENVTREE_WORKSPACE,  /* workspaces/prod, terraform.tfstate.d/prod */
	GV_ENVTREE_INVENTORY,  /* inventories/prod */
	GV_ENVTREE_GROUP_VARS, /* group_vars/prod.yml */
	GV_ENVTREE_NAMESPACE,  /* namespaces/prod */
	GV_ENVTREE_CLUSTER,    /* clusters/prod */
	GV_ENVTREE_DIRECTORY,  /* folders next to each other: live/prod */
	GV_ENVTREE_SUFFIX,     /* the form of a name: values-prod.yaml */
	GV_ENVTREE_SIBLING,    /* files next to each other: rules-prod.json */
	GV_ENVTREE_NAME,       /* a name alone, which nothing else supports */
	GV_ENVTREE_KEY,        /* not of a path: a key in a file, envkey.h */
	GV_ENVTREE_RULES
};

/* "policy", "directory" … */
extern const char *const gv_envtree_rules[GV_ENVTREE_RULES];

/* How close an environment is to what users see. */
enum gv_envtree_tier {
	GV_ENVTREE_NO_TIER, /* unknown */
	GV_ENVTREE_DEV,
	GV_ENVTREE_TEST,
	GV_ENVTREE_STAGING,
	GV_ENVTREE_PROD,
	GV_ENVTREE_TIERS
};

/* NULL, "dev", "test", "staging", "prod". */
extern const char *const gv_envtree_tiers[GV_ENVTREE_TIERS];

/* Texts, borrowed. */
struct gv_envtree_list {
	const char *const *items;
	size_t n;
};

/* An environment of the policy; borrowed while the tree lives. */
struct gv_envtree_said {
	const char *name;
	/* patterns (gv_glob_match(), with slashes); without a special
	 * character also folders with all below them */
	struct gv_envtree_list paths;
	struct gv_envtree_list aliases; /* other words for it */
	struct gv_envtree_list after;   /* names that come before it */
	/* where it runs; one alone is that of files whose path says none */
	struct gv_envtree_list regions, accounts;
	enum gv_envtree_tier tier; /* NO_TIER: by its name */
	unsigned line;
};

/* A path, from the top of the tree; borrowed while the tree lives. */
struct gv_envtree_path {
	const char *p;
	size_t len;
};

/* A part of a path. */
struct gv_envtree_span {
	const char *p;
	size_t len;
};

#define GV_ENVTREE_PLACES 16 /* regions or accounts that are listed of one */

struct gv_envtree_env {
	const char *name;
	enum gv_envtree_tier tier;
	unsigned order;    /* of promotion, from 1 */
	const char *after; /* the one before it; NULL: the first */
	uint64_t files;    /* that belong to it */
	uint64_t by_name;  /* of them: by their names alone */
	uint64_t rules[GV_ENVTREE_RULES]; /* files by rule */
	struct gv_envtree_span example;   /* a path; len 0: none */
	struct gv_envtree_span regions[GV_ENVTREE_PLACES];
	struct gv_envtree_span accounts[GV_ENVTREE_PLACES];
	size_t n_regions, n_accounts;
	const struct gv_envtree_said *said; /* NULL: not in the policy */
};

struct gv_envtree_verdict {
	const struct gv_envtree_env *env; /* NULL: none */
	enum gv_envtree_rule rule;
	size_t at, len; /* the word in the path that names it; of POLICY 0, 0 */
	size_t end;     /* where the name of the folder or file ends that
			   decides */
	/* DIRECTORY: how many of its names, of how many, are also in the
	 * folders next to it */
	unsigned shared, total;
	struct gv_envtree_span other; /* one of those, or the file next to it */
	const char *pattern;          /* POLICY */
	unsigned line;                /* of the pattern's environment */
	/* without an environment: a word that was not enough; len 0: none */
	size_t refused_at, refused_len;
	struct gv_envtree_span region, account; /* len 0: none */
};

struct gv_envtree;

/* Judge a tree. Paths are sorted here where they are not; time grows with
 * their bytes. 0 or GV_ENOMEM. The caller frees it. */
int gv_envtree_new(struct gv_envtree **out, const struct gv_envtree_path *paths,
    size_t n, const struct gv_envtree_said *said, size_t n_said);

/* NULL-safe. */
void gv_envtree_free(struct gv_envtree *tree);

/* The environments that files belong to or the policy names, in the order of
 * promotion; *n of them, borrowed. */
const struct gv_envtree_env *const *
gv_envtree_list(const struct gv_envtree *tree, size_t *n);

/* The environment of that name, or NULL. */
const struct gv_envtree_env *
gv_envtree_find(const struct gv_envtree *tree, const char *name);

/* Fail with GV_ENOTFOUND for a word that names no environment: with the name
 * that was probably meant, or the command that lists them. */
int gv_envtree_unknown(const struct gv_envtree *tree, const char *word);

/* The environment that a word names, under the name that the policy has for it;
 * NULL: none. 0 or GV_ENOMEM. */
int gv_envtree_word(const struct gv_envtree_env **out, struct gv_envtree *tree,
    const char *word);

/* Whether the path is one of the tree. */
bool
gv_envtree_has(const struct gv_envtree *tree, const char *path, size_t len);

/* Which environment a path belongs to. One that is not in the tree is judged by
 * its folders, and by its name as far as that says enough alone. The result
 * points into the tree. 0 or GV_ENOMEM. */
int gv_envtree_of(struct gv_envtree_verdict *out, struct gv_envtree *tree,
    const char *path, size_t len);

/* Visit all paths of the tree with what they belong to, sorted. fn's first
 * value that is not 0, or 0. */
typedef int gv_envtree_fn(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *verdict);
int
gv_envtree_each(const struct gv_envtree *tree, gv_envtree_fn *fn, void *ctx);

/* Whether a pattern of the policy's paths names a path. */
bool gv_envtree_matches(const char *pattern, const char *path, size_t len);

/* The tier of an environment by its name, and its place in the usual order of
 * promotion. */
enum gv_envtree_tier gv_envtree_tier_of(const char *name, unsigned *rank);

#endif
