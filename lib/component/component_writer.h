#ifndef GV_COMPONENT_WRITER_H
#define GV_COMPONENT_WRITER_H
/*
 * Stores a dump as it streams by, against the last one of the component: a
 * piece that is the same is named once more, one that begins with the same row
 * becomes a delta, every other is stored as it is. Parts are gathered in blocks
 * of at most 256 KiB, which threads compress and encrypt meanwhile.
 *
 *	r = gv_component_writer_open(&writer, repo, safe, &opts);
 *	r = gv_component_writer_add(writer, data, len);
 *	r = gv_component_writer_store(writer, &record);
 *	r = gv_component_writer_publish(writer);
 *	gv_component_writer_close(writer);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "component/component_record.h"
#include "repo/ref.h"

struct gv_component_writer;
struct gv_repo;
struct gv_safe;

struct gv_component_writer_opts {
	const char *env, *name;
	bool is_full; /* stand on no other dump */
	int64_t now;
};

/* Begin. A last dump that cannot be read, or that others can open, is no base.
 * 0; GV_EREFUSED; GV_ELOCKED; GV_ERROR; GV_ENOMEM. */
int
gv_component_writer_open(struct gv_component_writer **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_writer_opts *opts);

/* The next bytes. 0 or a failure, after which it is to be closed. */
int gv_component_writer_add(
    struct gv_component_writer *writer, const void *data, size_t len);

/* That was all. Sets what the writer knows of the record: id, key, readers,
 * base and counts; the caller has set the rest. Then all objects are durable,
 * and `*ref` is the ref that the dump will have, whose name is the writer's: it
 * can be read, but no ref names it yet. 0 or a failure. */
int gv_component_writer_store(struct gv_component_writer *writer,
    struct gv_component_record *record, struct gv_ref *ref);

/* Make its ref. 0; GV_EEXISTS; or a failure. */
int gv_component_writer_publish(struct gv_component_writer *writer);

/* How many bytes came, and why the last dump was no base, or no longer; NULL.
 */
uint64_t gv_component_writer_size(const struct gv_component_writer *writer);
const char *
gv_component_writer_broken(const struct gv_component_writer *writer);

/* NULL-safe; what was not published is gone; wipes. */
void gv_component_writer_close(struct gv_component_writer *writer);

#endif
