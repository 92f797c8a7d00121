#ifndef GV_ODB_H
#define GV_ODB_H
/*
 * The object database for reading: is an object there, keep it there, and
 * its bytes. All of it is read here and not through libgit2, which takes 2 us
 * to say no and 4 ms to start, locks its readers out of one another, and has
 * no way to stream out of a pack.
 * Every function may be called from several threads at once.
 *
 *	if (gv_odb_has(odb, &id)) …
 *	r = gv_odb_read(odb, &obj, &id);
 *	gv_object_release(&obj);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_odb;
struct gv_repo;

struct gv_object {
	enum gv_otype type;
	const unsigned char *data;
	size_t len;
	void *owner; /* private */
};

/* Open the database of a repository: objects_dir and its alternates
 * (info/alternates, nested, and GIT_ALTERNATE_OBJECT_DIRECTORIES). Nothing
 * is read yet. The caller closes it. */
int gv_odb_open(struct gv_odb **out, const struct gv_repo *repo);

/* From now on read packs also whose head or checksum is damaged: for repair,
 * since each object is checked by itself. Before the first read. */
void gv_odb_set_lenient(struct gv_odb *odb);

/* From now on look into the repository's own folder alone, not into alternates.
 * Before the first read. */
void gv_odb_set_alone(struct gv_odb *odb);

/* From now on hold what is read against its name by the SHA-1 that detects
 * collisions: for verification and repair. By plain SHA-1, which tells damage,
 * it takes half the time, and no library of TLS and ssh is loaded; an object
 * made to collide with another one is refused where it would come in, by git
 * and by our writer. Before the first read. 0, or GV_EREFUSED where the library
 * is not there. */
int gv_odb_set_strict(struct gv_odb *odb);

/* From now on hash an object of a pack at its first reading alone, keep trees
 * in the cache of deltas' bases, and hold small packs in memory (8 MiB of
 * them): for verification, which reads all there is and the same trees many
 * times. Packs that were read from before are not held. */
void gv_odb_set_once(struct gv_odb *odb);

/* Free; NULL-safe. */
void gv_odb_close(struct gv_odb *odb);

/* Whether the object is there. Packs that came after the first look are seen
 * only after gv_odb_refresh(). */
bool gv_odb_has(struct gv_odb *odb, const struct gv_oid *id);

/* A number to sort by where many objects are to be read: packs one after the
 * other, each from front to end; what is not in a pack comes last. */
uint64_t gv_odb_place(struct gv_odb *odb, const struct gv_oid *id);

/* Many objects are going to be looked for: make that quick where there are
 * many packs. 0 or GV_ENOMEM; a later gv_odb_refresh() undoes it. */
int gv_odb_gather(struct gv_odb *odb);

/* Look at the object folders again. 0, or GV_ERROR and nothing has changed. */
int gv_odb_refresh(struct gv_odb *odb);

/* If the object is there, set the time stamp of what holds it (the loose
 * file, or its pack, once a process) to now, so that a concurrent `git gc`
 * does not prune it as old, and remember it for gv_odb_check_relied().
 * 1 if it is there, 0 if not (also where the stamp cannot be set: then the
 * caller must write the object again). */
int gv_odb_freshen(struct gv_odb *odb, const struct gv_oid *id);

/* After the ref stands: whether everything that gv_odb_freshen() said yes to
 * is still there. 0, or GV_EEXISTS where something went meanwhile: then the
 * whole work must be done again. */
int gv_odb_check_relied(struct gv_odb *odb);

/* Read an object whole and check its hash. 0; GV_ENOTFOUND; GV_ECORRUPT with
 * the object's id and what is wrong in the message; GV_ENOMEM. In a partial
 * clone a missing object is asked of git, which may fetch it. The caller
 * releases *out. */
int
gv_odb_read(struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id);

/* As gv_odb_read(), but GV_ECORRUPT where it is not of type `type`. */
int gv_odb_read_type(struct gv_odb *odb, struct gv_object *out,
    const struct gv_oid *id, enum gv_otype type);

/* Type and size without the bytes (the size of a delta's result is read from
 * its head). 0, GV_ENOTFOUND, GV_ECORRUPT. */
int gv_odb_read_header(struct gv_odb *odb, enum gv_otype *type, size_t *size,
    const struct gv_oid *id);

/* The size alone, which does not ask what a delta stands on. As above. */
int
gv_odb_read_size(struct gv_odb *odb, uint64_t *size, const struct gv_oid *id);

/* Read a blob of any size in pieces: fn(ctx, data, len) for each in order,
 * with bounded memory for large ones that stand whole (not as a delta); its
 * hash is checked at the end, when fn has seen it all. 0, fn's first negative
 * value, GV_ENOTFOUND, GV_ECORRUPT. */
int gv_odb_stream(struct gv_odb *odb, const struct gv_oid *id,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* Free what an object holds; NULL-safe, zeroed struct ok. */
void gv_object_release(struct gv_object *obj);

#endif
