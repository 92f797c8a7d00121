#ifndef GV_TAR_H
#define GV_TAR_H
/*
 * Writes tar archives in the pax form of POSIX.1-2001, member by member: what
 * a plain header cannot say (names of any length, nanoseconds, large sizes
 * and numbers, extended attributes, holes) stands in an extended header before
 * it. Bytes come out in the caller's buffer; the contents of files are the
 * caller's to write behind their header.
 *
 *	r = gv_tar_header(&out, &entry);
 *	… entry.size bytes of content …
 *	gv_tar_pad(&out, entry.size);
 *	gv_tar_end(&out, written);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum gv_tar_type {
	GV_TAR_FILE = '0',
	GV_TAR_LINK = '1', /* another name of the file `target` */
	GV_TAR_SYMLINK = '2',
	GV_TAR_DIR = '5',
};

struct gv_tar_entry {
	enum gv_tar_type type;
	const char *path; /* any bytes but NUL; a directory's without the '/'
			     at the end, which is added */
	size_t path_len;
	const char *target; /* of links, NUL-terminated */
	uint32_t mode;      /* permission bits */
	uint64_t uid, gid;
	const char *user, *group; /* names, or "" */
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size;  /* of the content that follows, map included; 0 but for
			   files */
	bool is_sparse; /* the content begins with gv_tar_add_map()'s map */
	uint64_t real_size;          /* of a sparse file, holes included */
	const struct gv_buf *extras; /* more records of the extended header,
					made by gv_tar_record(), or NULL */
};

#define GV_TAR_BLOCK 512

/* Append the header of a member. 0 or GV_ENOMEM. */
int gv_tar_header(struct gv_buf *out, const struct gv_tar_entry *e);

/* Append a record "LENGTH KEY=VALUE\n" of an extended header. */
void gv_tar_record(
    struct gv_buf *out, const char *key, const void *value, size_t len);

/* Append the records of an extended attribute. An access control list is
 * written twice: as the attribute, and as text, which is what tar --acls reads.
 */
void gv_tar_xattr(
    struct gv_buf *out, const char *name, const void *value, size_t len);

/* The map of a sparse file (GNU.sparse 1.0): first how many runs of data
 * there are, then each, then the zeros up to the next block. A file that ends
 * in a hole has a last run of no bytes at its size. */
void gv_tar_begin_map(struct gv_buf *out, size_t runs);
void gv_tar_add_run(struct gv_buf *out, uint64_t offset, uint64_t len);

/* Append the zeros that fill the last block of `size` bytes of content. */
void gv_tar_pad(struct gv_buf *out, uint64_t size);

/* Append the end of an archive of which `written` bytes stand already: two
 * empty blocks, and what fills the last record of twenty. */
void gv_tar_end(struct gv_buf *out, uint64_t written);

#endif
