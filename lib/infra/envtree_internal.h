#ifndef GV_ENVTREE_INTERNAL_H
#define GV_ENVTREE_INTERNAL_H
/*
 * What the parts of envtree.h share: envtree.c builds the tree,
 * envtree_folder.c judges folders, envtree_file.c names of files,
 * envtree_name.c turns words into environments, envtree_order.c sorts those,
 * envtree_verdict.c says which mark decides for a path.
 * Include it nowhere else.
 */

#include "base/arena.h"
#include "base/map.h"
#include "infra/environment.h"
#include "infra/envtree.h"

#define GV_ENVTREE_NO UINT32_MAX

/* A name of a folder or file that may be that of an environment. */
struct gv_envtree_mark {
	uint32_t at, len; /* the word in the path */
	uint32_t end;     /* of the folder's or file's name */
	uint32_t file;    /* a path that has it */
	uint32_t env;
	uint32_t other; /* a mark next to it; GV_ENVTREE_NO */
	uint32_t shared, total;
	uint64_t key; /* equal for those that may be siblings */
	enum gv_environment_proof proof;
	enum gv_envtree_rule rule; /* NONE: it does not count */
	bool is_whole;  /* the name is the word, or that and a type */
	bool is_fixed;  /* no look at the others decides */
	bool is_custom; /* no known word: others must prove it */
};

struct gv_envtree_folder {
	uint32_t parent, first, at, len; /* its name in the first path in it */
	uint32_t mark;
	/* the marks that count for what is in it, of the nearest folder */
	uint32_t home, whole, part;
	uint32_t refused; /* the nearest that does not count */
	uint32_t tried;   /* the nearest folder, or itself, whose names are
			     compared */
	struct gv_envtree_span region, account;
	enum gv_environment_home kind;
	bool has_hosts; /* files of an inventory */
};

struct gv_envtree_file {
	const char *path;
	uint32_t len, folder, mark;
};

struct gv_envtree {
	struct gv_envtree_file *files;
	struct gv_envtree_folder *folders; /* [0]: the top */
	struct gv_envtree_mark *marks;
	struct gv_envtree_env **envs, **sorted;
	size_t n, n_folders, cap_folders, n_marks, cap_marks;
	size_t n_envs, cap_envs, n_sorted;
	const struct gv_envtree_said *said;
	size_t n_said;
	struct gv_map words;  /* of the policy, in lower case: to an env + 1 */
	struct gv_map names;  /* to an env + 1 */
	struct gv_map canons; /* names that the policy spells otherwise */
	struct gv_arena arena;
};

/* The env of that exact name; made where it is not there. 0 or GV_ENOMEM. */
int gv_envtree_env_of(
    uint32_t *out, struct gv_envtree *tree, const char *name, size_t len);

/* Put what the policy says in. 0 or GV_ENOMEM. */
int gv_envtree_add_said(struct gv_envtree *tree);

/* A word of a name as the policy and the conventions have it. */
struct gv_envtree_word {
	size_t at, len;
	uint32_t env;
	enum gv_environment_proof proof;
};

/* The next word that names an environment; *from moves behind it. 1; 0 where
 * there is no more; GV_ENOMEM. */
int gv_envtree_next_word(struct gv_envtree_word *out, struct gv_envtree *tree,
    const char *name, size_t len, size_t *from);

/* Whether a name can be that of an environment which no convention knows. */
bool gv_envtree_is_name(const char *name, size_t len);

/* Add a mark; *out is its number. 0 or GV_ENOMEM. */
int gv_envtree_add_mark(
    uint32_t *out, struct gv_envtree *tree, const struct gv_envtree_mark *mark);

/* The rule for what is in a folder of a kind. */
enum gv_envtree_rule gv_envtree_rule_of(enum gv_environment_home kind);

/* Mark the name of a folder that was just added. 0 or GV_ENOMEM. */
int gv_envtree_mark_folder(struct gv_envtree *tree, uint32_t folder);

/* Decide for all folders which marks count. 0 or GV_ENOMEM. */
int gv_envtree_judge_folders(struct gv_envtree *tree);

/* Mark the name of a file; *out is GV_ENVTREE_NO where there is nothing. 0 or
 * GV_ENOMEM. */
int gv_envtree_mark_file(uint32_t *out, struct gv_envtree *tree,
    const struct gv_envtree_file *file, uint32_t number);

/* Decide for a file that has no others next to it. */
void gv_envtree_judge_alone(
    const struct gv_envtree *tree, struct gv_envtree_mark *mark);

/* Decide for all files, by those next to them. 0 or GV_ENOMEM. */
int gv_envtree_judge_files(struct gv_envtree *tree);

/* One that may be a sibling of others with the same key. */
struct gv_envtree_peer {
	uint64_t key;
	uint32_t mark, env, owner;
};

/* The key of a name in a folder, with the word replaced. */
uint64_t gv_envtree_key(
    uint32_t folder, const char *name, size_t len, size_t at, size_t word);

/* Paths in the order of their bytes, for qsort(). */
int gv_envtree_compare_files(const void *a, const void *b);

/* How much of the two paths' folders is the same, with the '/' behind it. */
uint32_t gv_envtree_common(
    const struct gv_envtree_file *a, const struct gv_envtree_file *b);

struct gv_region;
struct gv_envtree_span
gv_envtree_span_of(const char *name, const struct gv_region *in);

/* What a file belongs to, once all are judged. */
void gv_envtree_judge(struct gv_envtree_verdict *out,
    const struct gv_envtree *tree, const struct gv_envtree_file *file);

/* Sort by key, then by environment. */
void gv_envtree_sort_peers(struct gv_envtree_peer *peers, size_t n);

/* Sort the environments and fill in their order. 0 or GV_ENOMEM. */
int gv_envtree_sort(struct gv_envtree *tree);

#endif
