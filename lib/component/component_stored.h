#ifndef GV_COMPONENT_STORED_H
#define GV_COMPONENT_STORED_H
/*
 * The dumps that are stored: each a commit at GV_REFS_COMPONENTS ENV/NAME/ID,
 * whose tree has the file `record`, the encrypted `index`, and the encrypted
 * `blocks`. Dumps do not hang on each other: a dump's tree has all that it is
 * made from, so that any other may go.
 *
 *	r = gv_component_list(&refs, repo, "prod", "orders");
 *	r = gv_component_stored_load(&stored, odb, &refs.refs[i]);
 *	gv_component_stored_release(&stored);
 */

#include <stdbool.h>

#include "component/component_record.h"
#include "repo/ref.h"

struct gv_buf;
struct gv_odb;
struct gv_repo;

struct gv_component_stored {
	struct gv_component_record record;
	struct gv_oid commit, blocks,
	    index;    /* trees; the index may be a blob */
	int64_t time; /* of its id */
	char *text;   /* of the record */
	size_t bound; /* bytes of it that are bound */
};

/* Append the name of a dump's ref. */
void gv_component_ref(
    struct gv_buf *out, const char *env, const char *name, const char *id);

/* The parts of such a name: the id, the environment and the name with their
 * lengths. False for any other name. */
bool gv_component_ref_split(const char **id, const char **env, size_t *env_len,
    const char **name, size_t *name_len, const char *ref);

/* List the refs of dumps that are not deleted, the oldest first of each
 * component; of one component, of an environment (`name` NULL), or of all (both
 * NULL). 0 or a failure. */
int gv_component_list(struct gv_refs *out, struct gv_repo *repo,
    const char *env, const char *name);

/* Read what a dump says of itself. 0; GV_ECORRUPT, GV_ENOTFOUND with the ref in
 * the message; GV_ENOMEM. */
int gv_component_stored_load(struct gv_component_stored *out,
    struct gv_odb *odb, const struct gv_ref *ref);

/* The label of a dump of what a restore was about to replace: of another
 * database, maybe, so it stands for no dump of the component. */
#define GV_COMPONENT_SAFETY "before-restore"

/* Whether it is one of these. */
bool gv_component_is_safety(const struct gv_component_stored *stored);

/* What binds a record's text to these objects. */
void gv_component_bind(struct gv_digest *out,
    const unsigned char key[GV_DIGEST_KEY], const char *text, size_t len,
    const struct gv_oid *blocks, const struct gv_oid *index);

/* Whether this key bound the dump as it is. */
bool gv_component_is_bound(
    const struct gv_component_stored *stored, const unsigned char *key);

/* Zeroed ok. */
void gv_component_stored_release(struct gv_component_stored *stored);

#endif
