#ifndef GV_FLEET_LOOK_H
#define GV_FLEET_LOOK_H
/*
 * A repository seen from its files alone: what it is, where its refs stand, and
 * which of them are snapshots. No program runs, not even git, and no
 * configuration counts, so a million of them that nobody trusts can be looked
 * at.
 *
 *	r = gv_fleet_look(&look, "/srv/git/shop.git");
 *	if (look.is_read)
 *		use(look.refs, look.snapshots);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_dir_names;

#define GV_FLEET_DIGEST 16

/* Above that many bytes of refs they are not read here. */
#define GV_FLEET_REFS (16 * 1024 * 1024)

enum gv_fleet_kind {
	GV_FLEET_MISSING, /* there is no such folder */
	GV_FLEET_OTHER,   /* a folder, and no repository */
	GV_FLEET_BARE,
	GV_FLEET_TREE,   /* with a working tree */
	GV_FLEET_LINKED, /* whose git directory is elsewhere, or which is a
			     working copy of another tool */
};

struct gv_fleet_look {
	enum gv_fleet_kind kind;
	bool is_own; /* its git directory is this user's */
	/* Its refs were read, and what follows counts. Those of LINKED are not
	 * read, nor those that another user owns, that are too many, or that
	 * are in reftables; nor where git would take another folder for its git
	 * directory, or would read the configuration of another one. */
	bool is_read;
	unsigned char refs[GV_FLEET_DIGEST]; /* of HEAD and where each stands */
	uint64_t snapshots, states, records;
	bool has_keyring;
	char last[32]; /* the id of the newest snapshot; "": none */
	int64_t last_time;
};

/* Whether a folder with these names is a repository, or a working copy of
 * another tool with a vault. */
bool
gv_fleet_look_is_repository(const struct gv_dir_names *names, const char *path);

/* Look at a folder. 0; GV_ENOMEM. */
int gv_fleet_look(struct gv_fleet_look *out, const char *path);

/* Take in a list of refs, a line "VALUE NAME" each, in order: digest, numbers
 * and newest snapshot. A pure function. The drills' and runs' reports and the
 * audit, which the fleet's commands write themselves, do not change the
 * digest. */
void
gv_fleet_look_refs(struct gv_fleet_look *out, const char *lines, size_t len);

/* Whether git takes a folder whose HEAD says this for a repository: the name of
 * a ref, or an id. A pure function. */
bool gv_fleet_look_is_head(const char *value, size_t len);

/* Put the loose refs, lines "VALUE NAME" in the order of names, before those of
 * the same name in packed-refs, and append all in order. A pure function; what
 * is no line of a ref is passed over. 0 or GV_ENOMEM. */
int gv_fleet_look_merge(struct gv_buf *out, const char *loose, size_t loose_len,
    const char *packed, size_t packed_len);

#endif
