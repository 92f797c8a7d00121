#ifndef GV_PACK_FILE_H
#define GV_PACK_FILE_H
/*
 * A pack as a file that may be copied to somewhere as it is: which objects are
 * in it, and whether its bytes are still those that its index describes.
 *
 *	r = gv_pack_file_open(&f, "/…/pack-1234");
 *	gv_pack_file_mark(f, &id);		each object that may be copied
 *	if (gv_pack_file_is_marked(f)) {
 *		r = gv_pack_file_begin(f);
 *		r = gv_pack_file_add(f, data, len);	all bytes, in order
 *		r = gv_pack_file_finish(f);
 *	}
 *	gv_pack_file_close(f);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_pack_file;

/* Open the index of a pack, by the path of both without the extension. 0;
 * GV_EREFUSED where it cannot be used: missing, damaged, or of version 1, which
 * has no sums; GV_ENOMEM. */
int gv_pack_file_open(struct gv_pack_file **out, const char *stem);

/* NULL-safe. */
void gv_pack_file_close(struct gv_pack_file *f);

uint32_t gv_pack_file_count(const struct gv_pack_file *f);
bool gv_pack_file_has(const struct gv_pack_file *f, const struct gv_oid *id);

/* The id of row `row`, below the count. */
void
gv_pack_file_id(const struct gv_pack_file *f, uint32_t row, struct gv_oid *out);

/* Note that the object was asked for, if the pack has it; and whether all of
 * its objects were. */
void gv_pack_file_mark(struct gv_pack_file *f, const struct gv_oid *id);
bool gv_pack_file_is_marked(const struct gv_pack_file *f);

/* Compare the bytes of the pack with its index: each object with its CRC-32,
 * the number of objects, and the checksum at the end. No byte may belong to no
 * object. add() and finish() return GV_ECORRUPT with the object and the pack in
 * the message; begin() where the index itself is damaged, or GV_ENOMEM. */
int gv_pack_file_begin(struct gv_pack_file *f);
int gv_pack_file_add(struct gv_pack_file *f, const void *data, size_t len);
int gv_pack_file_finish(struct gv_pack_file *f);

#endif
