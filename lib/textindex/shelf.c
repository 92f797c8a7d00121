#include "textindex/shelf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "worktree/cache.h"

#define NAME     GV_CACHE_SEARCH "/%08" PRIx32 ".seg"
#define NAME_LEN 12 /* of the file */
#define MOST     ((size_t)1 << 30)

int
gv_shelf_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/vault/" GV_CACHE_SEARCH, repo->common_dir);
	return gv_buf_check(out);
}

static void
format_name(char *out, size_t size, uint32_t number)
{
	snprintf(out, size, NAME, number);
}

static bool
parse_name(uint32_t *out, const struct gv_dir_name *e)
{
	unsigned char bytes[4];

	if (e->len != NAME_LEN || strcmp(e->name + 8, ".seg") != 0 ||
	    gv_enc_unhex(bytes, e->name, sizeof(bytes)) < 0)
		return false;
	*out = (uint32_t)gv_enc_number(bytes, 4);
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_shelf_book *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* One that went meanwhile has become a part of another one. A search reads few
 * pages of each. */
int
gv_shelf_open_book(struct gv_shelf_book *book, const char *common_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	char name[64];
	int r;

	format_name(name, sizeof(name), book->number);
	gv_buf_addf(&path, "%s/vault/%s", common_dir, name);
	if ((r = gv_buf_check(&path)) == 0)
		book->is_damaged = gv_file_map_places(&book->map, AT_FDCWD,
				       path.p, MOST) < 0 ||
		    gv_segment_parse(
			&book->segment, book->map.p, book->map.len) < 0;
	gv_buf_release(&path);
	return r;
}

void
gv_shelf_close_book(struct gv_shelf_book *book)
{
	gv_file_unmap(&book->map);
}

int
gv_shelf_open(struct gv_shelf *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_shelf_book b = { 0 };
	int fd = -1, r;
	size_t i;

	memset(out, 0, sizeof(*out));
	if ((r = gv_shelf_path(&path, repo)) < 0)
		return r;
	if ((fd = gv_dir_open_root(path.p)) < 0 || gv_dir_list(&names, fd) < 0)
		goto out;
	for (i = 0; i < names.n; i++) {
		if (!parse_name(&b.number, &names.names[i]))
			continue;
		if (GV_GROW(out->books, out->n, out->cap) < 0) {
			r = gv_err_nomem();
			goto out;
		}
		out->books[out->n++] = b;
	}
	if (out->n)
		qsort(out->books, out->n, sizeof(*out->books), compare);
	for (i = 0; r == 0 && i < out->n; i++)
		r = gv_shelf_open_book(&out->books[i], repo->common_dir);
out:
	gv_dir_names_release(&names);
	gv_file_close(fd);
	gv_buf_release(&path);
	return r;
}

void
gv_shelf_close(struct gv_shelf *shelf)
{
	size_t i;

	for (i = 0; i < shelf->n; i++)
		gv_shelf_close_book(&shelf->books[i]);
	free(shelf->books);
	memset(shelf, 0, sizeof(*shelf));
}

int
gv_shelf_add(const struct gv_shelf *shelf, const struct gv_repo *repo,
    const struct gv_buf *segment, uint32_t *number)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_file_map map = { 0 };
	char name[64];
	int r = gv_shelf_path(&path, repo);

	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_release(&path);
	if (r < 0)
		return r;
	*number = shelf->n ? shelf->books[shelf->n - 1].number + 1 : 1;
	format_name(name, sizeof(name), *number);
	gv_cache_save_private(
	    repo, name, &(struct gv_cache_part){ segment->p, segment->len }, 1);
	/* what it takes the place of is removed only once it is there */
	if (gv_cache_map(&map, repo, name) < 0)
		return gv_err(GV_ERROR, "a part of the index was not stored");
	gv_file_unmap(&map);
	return 0;
}

void
gv_shelf_remove(const struct gv_repo *repo, uint32_t number)
{
	char name[64];

	format_name(name, sizeof(name), number);
	gv_cache_remove(repo, name);
}
