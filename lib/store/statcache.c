#include "store/statcache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "sys/file.h"

/* The number goes up with every change of the layout. */
static const char magic[8] = "gvstat\0\1";

static uint32_t
checksum(uint32_t crc, const void *data, size_t len)
{
#ifdef HAVE_LIBDEFLATE
	return libdeflate_crc32(crc, data, len);
#else
	return (uint32_t)crc32_z(crc, data, len);
#endif
}

/* Every number that is later used as an index, checked once, so that nobody
 * else need to; the checksum only tells of accidents. */
static int
check(const struct gv_statcache *c)
{
	const struct gv_statcache_head *h = c->head;
	uint32_t i;

	if (h->dirs == 0 || h->n_layers > GV_STATCACHE_LAYERS ||
	    h->id[sizeof(h->id) - 1] != '\0')
		return GV_ENOTFOUND;
	for (i = 0; i < h->dirs; i++) {
		const struct gv_dir_row *d = &c->dirs[i];

		if (d->parent > i || (i && d->parent == i) ||
		    d->first > h->rows || d->n > h->rows - d->first ||
		    d->name > h->names || d->name_len > h->names - d->name)
			return GV_ENOTFOUND;
	}
	for (i = 0; i < h->rows; i++) {
		const struct gv_row *e = &c->rows[i];

		if (e->name > h->names || e->name_len > h->names - e->name ||
		    ((e->flags & GV_ROW_DIR) && e->size >= h->dirs &&
			!(e->flags & GV_ROW_ABSENT)))
			return GV_ENOTFOUND;
	}
	return 0;
}

static int
lay_out(struct gv_statcache *c)
{
	const struct gv_statcache_head *h = c->map;
	uint64_t want;

	if (c->map_len < sizeof(*h) ||
	    memcmp(h->magic, magic, sizeof(magic)) != 0)
		return GV_ENOTFOUND;
	if (h->names > c->map_len)
		return GV_ENOTFOUND;
	want = sizeof(*h) + (uint64_t)h->dirs * sizeof(*c->dirs) +
	    (uint64_t)h->rows * sizeof(*c->rows) + h->names;
	if (want != c->map_len)
		return GV_ENOTFOUND;
	c->head = h;
	c->dirs = (const void *)(h + 1);
	c->rows = (const void *)(c->dirs + h->dirs);
	c->names = (const void *)(c->rows + h->rows);
	if (checksum(0, h + 1, c->map_len - sizeof(*h)) != h->crc)
		return GV_ENOTFOUND;
	return check(c);
}

int
gv_statcache_open(struct gv_statcache **out, const char *path)
{
	struct gv_statcache *c;
	struct stat st;
	int fd, r = GV_ENOTFOUND;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return gv_err_nomem();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		goto out;
	c->map_len = (size_t)st.st_size;
	c->map = mmap(
	    NULL, c->map_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (c->map == MAP_FAILED)
		c->map = NULL;
	else
		r = lay_out(c);
out:
	if (fd >= 0)
		close(fd);
	if (r < 0) {
		gv_statcache_close(c);
		return gv_err(r, "no usable cache at %s", path);
	}
	*out = c;
	return 0;
}

void
gv_statcache_close(struct gv_statcache *c)
{
	if (c == NULL)
		return;
	if (c->map)
		munmap(c->map, c->map_len);
	free(c);
}

static int
write_parts(int fd, struct gv_statcache_head *head,
    const struct gv_dir_row *dirs, const struct gv_row *rows,
    const struct gv_buf *names)
{
	size_t dirs_len = head->dirs * sizeof(*dirs);
	size_t rows_len = head->rows * sizeof(*rows);

	memcpy(head->magic, magic, sizeof(magic));
	head->names = names->len;
	head->crc = checksum(0, dirs, dirs_len);
	head->crc = checksum(head->crc, rows, rows_len);
	head->crc = checksum(head->crc, names->p, names->len);
	if (gv_file_write_all(fd, head, sizeof(*head)) < 0 ||
	    gv_file_write_all(fd, dirs, dirs_len) < 0 ||
	    gv_file_write_all(fd, rows, rows_len) < 0)
		return GV_ERROR;
	return gv_file_write_all(fd, names->p, names->len);
}

int
gv_statcache_write(const char *path, struct gv_statcache_head *head,
    const struct gv_dir_row *dirs, const struct gv_row *rows,
    const struct gv_buf *names)
{
	struct gv_buf tmp = GV_BUF_INIT;
	int fd = -1, r;

	/* always the same name, so that one that was left is taken up again */
	gv_buf_addf(&tmp, "%s.tmp", path);
	r = gv_buf_check(&tmp);
	if (r < 0)
		return r;
	fd = open(tmp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		r = gv_err_sys("cannot create %s", tmp.p);
	else if (write_parts(fd, head, dirs, rows, names) < 0)
		r = gv_err_sys("cannot write %s", tmp.p);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = gv_err_sys("cannot write %s", tmp.p);
	if (r == 0 && rename(tmp.p, path) < 0)
		r = gv_err_sys("cannot rename %s to %s", tmp.p, path);
	if (r < 0 && fd >= 0)
		unlink(tmp.p);
	gv_buf_release(&tmp);
	return r;
}
