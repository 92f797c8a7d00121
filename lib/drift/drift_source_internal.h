#ifndef GV_DRIFT_SOURCE_INTERNAL_H
#define GV_DRIFT_SOURCE_INTERNAL_H
/*
 * What the parts of drift_source.h share: drift_source.c has the environments
 * and files of a repository, drift_source_keys.c environments that are keys of
 * one file. Include it nowhere else.
 */

#include "base/arena.h"
#include "drift/accepted.h"
#include "drift/drift_source.h"
#include "env/envmap.h"
#include "policy/team_rules.h"
#include "repo/oid.h"

/* bytes that are read */
#define GV_DRIFT_SOURCE_MOST ((size_t)8 * 1024 * 1024)

struct gv_record;
struct gv_revealed;
struct gv_revealed_reader;

struct gv_drift_source_private {
	struct gv_repo *repo;
	struct gv_index *index;
	struct gv_envmap *map;
	struct gv_envmap *then; /* of the tree; NULL: none */
	struct gv_oid tree;
	bool is_tree;    /* all files are those of the tree */
	const char *env; /* the only one that is compared, or NULL */
	uint32_t side;   /* of the files that are added */
	struct gv_team_rules rules;
	struct gv_drift_opts opts;
	struct gv_drift_env *envs;
	struct gv_envname_word *words;
	size_t n_words, cap_words;
	struct gv_buf *texts;
	size_t n_texts, cap_texts;
	struct gv_accepted accepted;
	/* of the tree, where it is a snapshot's and a key is at hand; or NULL
	 */
	struct gv_revealed *revealed;
	struct gv_revealed_reader *reader;
	struct gv_arena arena; /* paths of parts */
};

/* An empty one; NULL: no memory. */
struct gv_drift_source *gv_drift_source_new(void);

/* Hand it out, or free it where `r` is a failure: `r`. */
int gv_drift_source_settle(
    struct gv_drift_source **out, struct gv_drift_source *s, int r);

/* Name an environment, by its index, by a word. 0 or GV_ENOMEM. */
int gv_drift_source_add_word(
    struct gv_drift_source_private *p, const char *word, unsigned env);

/* The `read` of the comparison. */
int gv_drift_source_read(void *ctx, struct gv_drift_file *file);

/* ---- drift_source_revealed.c --------------------------------------------- */

/* Read files of the tree, which is that of a snapshot, with the secrets that
 * `safe` opens (NULL: none). The safe must outlive *p. 0; as
 * gv_revealed_load(). And the end of it; zeroed ok. */
int gv_drift_source_reveal(struct gv_drift_source_private *p,
    const struct gv_record *rec, struct gv_safe *safe);
void gv_drift_source_reveal_end(struct gv_drift_source_private *p);

/* Read such a file. 1; 0 where nothing of it is encrypted, or cannot be had: it
 * is to be read as it is stored. GV_ECANCELED, GV_ENOMEM. */
int gv_drift_source_read_revealed(struct gv_buf *out,
    struct gv_drift_source_private *p, struct gv_drift_file *file);

/* Add the parts of files that the policy names. 0 or GV_ENOMEM. */
int gv_drift_source_add_keys(struct gv_drift_source *s);

/* The same for one environment, as a side of its own, whose files are those of
 * a map. */
struct gv_envmap;
int gv_drift_source_add_keys_of(struct gv_drift_source *s, unsigned side,
    const char *name, const struct gv_envmap *map);

/* Read the policy, the files' names, the rules and what is accepted. 0 or a
 * failure. */
int
gv_drift_source_begin(struct gv_drift_source_private *p, struct gv_repo *repo);

#endif
