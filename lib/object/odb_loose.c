#include "object/odb_internal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"

#define FEW_FOLDERS 4 /* that are opened one by one */

#define HEAD_SIZE 64 /* "blob 12345" and its NUL are well within */

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, GV_OID_RAW);
}

/* The ids in one folder, unsorted; none where there is no folder. */
static int
read_folder(struct gv_oid **out, size_t *n, const char *path, unsigned first)
{
	DIR *d = opendir(path);
	struct dirent *e;
	struct gv_oid id;
	size_t cap = 0;
	int r = 0;

	*out = NULL;
	*n = 0;
	if (d == NULL)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM
		    ? gv_err_sys("cannot open directory %s", path)
		    : 0;
	id.id[0] = (unsigned char)first;
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != 2 * (GV_OID_RAW - 1) ||
		    gv_enc_unhex(id.id + 1, e->d_name, GV_OID_RAW - 1) < 0)
			continue;
		if ((r = gv_vec_grow(
			 (void **)out, &cap, *n + 1, sizeof(**out))) == 0)
			(*out)[(*n)++] = id;
	}
	closedir(d);
	return r;
}

/* Which of the 256 folders there are. A writer asks for most of them, and in a
 * vault few are there. */
static void
find_folders(struct gv_odb_dir *dir)
{
	DIR *d = opendir(dir->path);
	unsigned char first;
	struct dirent *e;

	if (d == NULL)
		return;
	errno = 0;
	while ((e = readdir(d)) != NULL)
		if (strlen(e->d_name) == 2 &&
		    gv_enc_unhex(&first, e->d_name, 1) == 0)
			dir->has[first] = true;
	dir->is_listed = errno == 0;
	closedir(d);
}

static struct gv_odb_loose *
make_list(struct gv_odb_dir *dir, unsigned first)
{
	struct gv_odb_loose *list = NULL;
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid *ids = NULL;
	size_t n = 0, size;
	int r;

	if (dir->looks++ == FEW_FOLDERS)
		find_folders(dir);
	gv_buf_addf(&path, "%s/%02x", dir->path, first);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (!dir->is_listed || dir->has[first]))
		r = read_folder(&ids, &n, path.p, first);
	if (r < 0)
		goto out;
	size = sizeof(*list) + n * sizeof(*list->ids);
	/* the flags stand behind the ids, in one piece of memory */
	list = calloc(1, size + n);
	if (list == NULL) {
		gv_err_nomem();
		goto out;
	}
	list->n = n;
	list->relied = (atomic_uchar *)((char *)list + size);
	if (n) {
		memcpy(list->ids, ids, n * sizeof(*ids));
		qsort(list->ids, n, sizeof(*list->ids), compare);
	}
out:
	free(ids);
	gv_buf_release(&path);
	return list;
}

struct gv_odb_loose *
gv_odb_loose_list(
    struct gv_odb *odb, struct gv_odb_dir *dir, const struct gv_oid *id)
{
	_Atomic(struct gv_odb_loose *) *slot = &dir->lists[id->id[0]];
	struct gv_odb_loose *list =
	    atomic_load_explicit(slot, memory_order_acquire);

	if (list)
		return list;
	pthread_mutex_lock(&odb->lock);
	list = *slot;
	if (list == NULL) {
		list = make_list(dir, id->id[0]);
		atomic_store_explicit(slot, list, memory_order_release);
	}
	pthread_mutex_unlock(&odb->lock);
	return list;
}

ptrdiff_t
gv_odb_loose_find(const struct gv_odb_loose *list, const struct gv_oid *id)
{
	const struct gv_oid *hit;

	if (list == NULL || list->n == 0)
		return -1;
	hit = bsearch(id, list->ids, list->n, sizeof(*list->ids), compare);
	return hit ? hit - list->ids : -1;
}

void
gv_odb_loose_path(
    struct gv_buf *out, const struct gv_odb_dir *dir, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(out, "%s/%.2s/%s", dir->path, hex, hex + 2);
}

/* "blob 123" and a NUL: the length of the head, or 0 for other bytes. */
static size_t
parse_head(struct gv_object *out, const char *head, size_t len)
{
	const char *end = memchr(head, '\0', len), *space;
	size_t size = 0;

	space = end ? memchr(head, ' ', (size_t)(end - head)) : NULL;
	if (space == NULL || space + 1 == end)
		return 0;
	out->type = gv_oid_type_parse(head, (size_t)(space - head));
	while (++space < end) {
		if (!isdigit((unsigned char)*space) ||
		    size > (SIZE_MAX - 9) / 10)
			return 0;
		size = size * 10 + (size_t)(*space - '0');
	}
	out->len = size;
	return out->type ? (size_t)(end + 1 - head) : 0;
}

static int
damaged(const struct gv_odb_dir *dir, const struct gv_oid *id, const char *why)
{
	struct gv_buf path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, id);
	gv_odb_loose_path(&path, dir, id);
	r = gv_err(GV_ECORRUPT, "object %s is damaged in %s: %s", hex, path.p,
	    why ? why : "it is not as long as its head says");
	gv_buf_release(&path);
	return r;
}

static int
open_file(int *fd, uint64_t *size, const struct gv_odb_dir *dir,
    const struct gv_oid *id)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	int r;

	gv_odb_loose_path(&path, dir, id);
	r = gv_buf_check(&path);
	*fd = r < 0 ? -1 : open(path.p, O_RDONLY | O_CLOEXEC);
	if (r == 0 && *fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			r = GV_ENOTFOUND;
		else if (gv_odb_job_is_barred())
			r = gv_err_sys("cannot open %s", path.p);
		else
			r = damaged(dir, id, strerror(errno));
	}
	gv_buf_release(&path);
	if (r < 0)
		return r;
	if (fstat(*fd, &st) < 0) {
		r = damaged(dir, id, strerror(errno));
		close(*fd);
		return r;
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

int
gv_odb_loose_open(struct gv_odb_flow *flow, struct gv_object *out,
    const struct gv_odb_dir *dir, const struct gv_oid *id, char *head,
    size_t *head_len)
{
	uint64_t size = 0;
	int64_t n;
	size_t len;
	int fd, r = open_file(&fd, &size, dir, id);

	if (r < 0)
		return r;
	r = gv_odb_flow_open(flow, fd, 0, size);
	if (r < 0) {
		close(fd);
		return r;
	}
	n = gv_odb_flow_read(flow, head, HEAD_SIZE);
	len = n < 0 ? 0 : parse_head(out, head, (size_t)n);
	if (n < 0)
		r = damaged(dir, id, flow->why);
	else if (len == 0)
		r = damaged(dir, id, "its head is no type and size");
	else if (!gv_odb_flow_is_likely(out->len, size) ||
	    (size_t)n - len > out->len)
		r = damaged(dir, id, NULL);
	if (r < 0) {
		gv_odb_flow_close(flow);
		close(fd);
		return r;
	}
	*head_len = (size_t)n - len;
	memmove(head, head + len, *head_len);
	return 0;
}

int
gv_odb_loose_read(struct gv_object *out, const struct gv_odb_dir *dir,
    const struct gv_oid *id)
{
	struct gv_odb_flow flow;
	char head[HEAD_SIZE], more;
	unsigned char *data;
	size_t len;
	int64_t n;
	int fd, r = gv_odb_loose_open(&flow, out, dir, id, head, &len);

	if (r < 0)
		return r;
	fd = flow.fd;
	data = malloc(out->len + 1);
	if (data == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	memcpy(data, head, len);
	data[out->len] = '\0';
	n = gv_odb_flow_read(&flow, data + len, out->len - len);
	if (n < 0 || (size_t)n != out->len - len ||
	    gv_odb_flow_read(&flow, &more, 1) != 0) {
		r = damaged(dir, id, flow.why);
		goto out;
	}
	out->data = out->owner = data;
	data = NULL;
out:
	free(data);
	gv_odb_flow_close(&flow);
	close(fd);
	return r;
}
