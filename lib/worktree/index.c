#include "worktree/index.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha1.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/pages.h"
#include "worktree/index_internal.h"

int
gv_index_new(struct gv_index **out)
{
	struct gv_index *index = calloc(1, sizeof(*index));
	struct gv_index_owner *owner = calloc(1, sizeof(*owner));

	if (index == NULL || owner == NULL) {
		free(index);
		free(owner);
		return gv_err_nomem();
	}
	pthread_mutex_init(&owner->lock, NULL);
	index->owner = owner;
	*out = index;
	return 0;
}

/* Those of a large index fill many pages. */
static bool
reserve_huge(struct gv_index *index, size_t n)
{
	struct gv_index_owner *owner = index->owner;
	const size_t size = n * sizeof(*index->entries);

	if (index->entries || size < GV_PAGES_HUGE)
		return false;
	index->entries = gv_pages_new_huge(size);
	owner->huge = index->entries ? size : 0;
	return index->entries != NULL;
}

int
gv_index_reserve(struct gv_index *index, size_t n)
{
	struct gv_index_owner *owner = index->owner;
	struct gv_index_entry *entries;

	if (n == 0)
		return 0;
	if (n > SIZE_MAX / sizeof(*entries) - index->n)
		return gv_err_nomem();
	assert(owner->huge == 0); /* it is called once, with all there are */
	if (reserve_huge(index, n))
		return 0;
	entries = realloc(index->entries, (index->n + n) * sizeof(*entries));
	if (entries == NULL)
		return gv_err_nomem();
	index->entries = entries;
	return 0;
}

static int
compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

int
gv_index_append(struct gv_index *index, const struct gv_index_entry *e)
{
	const struct gv_index_entry *prev;
	int c;

	if (e->path_len == 0)
		return gv_err(
		    GV_ECORRUPT, "entry %zu has an empty path", index->n);
	switch (e->mode & 0170000) {
	case 0100000:
	case 0120000:
	case 0160000:
		break;
	default:
		return gv_err(GV_ECORRUPT, "entry '%s' has the mode %o",
		    e->path, (unsigned)e->mode);
	}
	if (index->n) {
		prev = &index->entries[index->n - 1];
		c = compare(prev->path, prev->path_len, e->path, e->path_len);
		if (c > 0 ||
		    (c == 0 && (prev->stage == 0 || prev->stage >= e->stage)))
			return gv_err(GV_ECORRUPT,
			    "entry '%s' comes after '%s', out of order",
			    e->path, prev->path);
	}
	index->has_conflicts |= e->stage != 0;
	index->has_skipped |= (e->flags & GV_INDEX_SKIP_WORKTREE) != 0;
	index->entries[index->n++] = *e;
	return 0;
}

static int
open_mapped(struct gv_index **out, int fd, size_t size)
{
	struct gv_index_owner *owner;
	void *map = NULL;
	int r;

	/* git puts a new file in its place and never writes into this one */
	if (size) {
		map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			return gv_err_sys("cannot map it");
	}
	r = gv_index_parse(out, map, size);
	if (r < 0) {
		if (map)
			munmap(map, size);
		return r;
	}
	owner = (*out)->owner;
	owner->map = map;
	owner->map_len = size;
	return 0;
}

/* The last bytes of the file, for an index that git read for us. */
static void
read_checksum(struct gv_index *index, int fd, off_t size)
{
	struct gv_oid sum = { { 0 } };

	if (size >= GV_OID_RAW &&
	    gv_file_pread_full(fd, sum.id, GV_OID_RAW, size - GV_OID_RAW) ==
		GV_OID_RAW)
		index->checksum = sum;
}

int
gv_index_mend(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_buf aside = GV_BUF_INIT;
	int r;

	gv_buf_addf(&aside, "%s.damaged", repo->index_file);
	if ((r = gv_buf_check(&aside)) < 0)
		goto out;
	gv_buf_addstr(out, "mv ");
	gv_shell_quote(out, repo->index_file);
	gv_buf_addch(out, ' ');
	gv_shell_quote(out, aside.p);
	gv_buf_addstr(out, " && git -C ");
	gv_shell_quote(out, repo->worktree ? repo->worktree : ".");
	gv_buf_addstr(out, " reset -q -- :/");
	r = gv_buf_check(out);
out:
	gv_buf_release(&aside);
	return r;
}

static int
say_damaged(const struct gv_repo *repo)
{
	struct gv_buf command = GV_BUF_INIT;
	int r = gv_index_mend(&command, repo);

	if (r == 0)
		r = gv_err(GV_ECORRUPT,
		    "index %s: %s\nhint: your files stay unchanged, and what "
		    "was staged must be staged again: %s",
		    repo->index_file, gv_err_message(), command.p);
	gv_buf_release(&command);
	return r;
}

int
gv_index_open(struct gv_index **out, const struct gv_repo *repo)
{
	struct gv_index *index = NULL;
	struct stat st;
	int fd, r;

	fd = open(repo->index_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return gv_index_new(out);
	if (fd < 0)
		return gv_err_sys("cannot open the index %s", repo->index_file);
	if (fstat(fd, &st) < 0) {
		r = gv_err_sys("cannot read the index %s", repo->index_file);
		goto out;
	}
	r = open_mapped(&index, fd, (size_t)st.st_size);
	if (r == GV_EREFUSED) {
		if ((r = gv_index_list(&index, repo)) == 0)
			read_checksum(index, fd, st.st_size);
	}
	if (r < 0) {
		r = r == GV_ECORRUPT
		    ? say_damaged(repo)
		    : gv_err_in(r, "index %s", repo->index_file);
		goto out;
	}
	index->mtime_s = st.st_mtim.tv_sec;
	index->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	index->size = (uint64_t)st.st_size;
	index->ino = st.st_ino;
	*out = index;
out:
	close(fd);
	return r;
}

void
gv_index_close(struct gv_index *index)
{
	struct gv_index_owner *owner;

	if (index == NULL)
		return;
	owner = index->owner;
	if (owner->map)
		munmap(owner->map, owner->map_len);
	gv_index_release_trees(owner);
	gv_arena_release(&owner->arena);
	pthread_mutex_destroy(&owner->lock);
	free(owner->text);
	if (owner->huge)
		gv_pages_free_huge(index->entries, owner->huge);
	else
		free(index->entries);
	free(owner);
	free(index);
}

int
gv_index_verify(const struct gv_index *index)
{
	const struct gv_index_owner *owner = index->owner;
	struct sha1_ctx ctx;
	struct gv_oid sum;

	if (gv_oid_is_zero(&index->checksum) || owner->data == NULL)
		return 0;
	sha1_init(&ctx);
	sha1_update(&ctx, owner->len - GV_OID_RAW, owner->data);
	sha1_digest(&ctx, GV_OID_RAW, sum.id);
	if (!gv_oid_equal(&sum, &index->checksum))
		return gv_err(GV_ECORRUPT,
		    "the index does not have the checksum that it names; "
		    "'git reset' (which keeps your files) writes a new one");
	return 0;
}

const struct gv_index_entry *
gv_index_find(
    const struct gv_index *index, const char *path, size_t len, unsigned stage)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct gv_index_entry *e = &index->entries[mid];
		int c = compare(e->path, e->path_len, path, len);

		if (c == 0)
			c = (e->stage > stage) - (e->stage < stage);
		if (c == 0)
			return e;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The first entry that does not stand before `dir` with `behind` added. */
static size_t
lower_bound(
    const struct gv_index *index, const char *dir, size_t len, char behind)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct gv_index_entry *e = &index->entries[mid];
		size_t n = e->path_len < len ? e->path_len : len;
		int c = memcmp(e->path, dir, n);

		if (c == 0 && e->path_len > len)
			c = (unsigned char)e->path[len] - behind;
		else if (c == 0)
			c = -1;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void
gv_index_range(const struct gv_index *index, const char *dir, size_t len,
    size_t *first, size_t *count)
{
	if (len == 0) {
		*first = 0;
		*count = index->n;
		return;
	}
	*first = lower_bound(index, dir, len, '/');
	*count = lower_bound(index, dir, len, '/' + 1) - *first;
}
