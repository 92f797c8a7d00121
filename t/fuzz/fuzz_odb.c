/*
 * Any bytes as a pack's index, and as a pack: the first byte says how many
 * objects, then two bytes each where they begin, then what stands behind the
 * head of the pack. All is read to its end or called damaged; whatever is
 * given out has the name that it was asked for by.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/odb.h"
#include "object/odb_internal.h"
#include "repo/repo.h"

#define NAME "pack/pack-0123456789012345678901234567890123456789"
#define MOST 8 /* objects */

static char dir[64];

static void
path_of(char out[160], const char *name)
{
	snprintf(out, 160, "%s/%s", dir, name);
}

static void
clean(void)
{
	static const char *const names[] = { NAME ".idx", NAME ".pack", "pack",
		"" };
	char path[160];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(path, names[i]);
		(void)!remove(path);
	}
}

static void
prepare(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[160];

	snprintf(dir, sizeof(dir), "%.40s/fuzz_odb.XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(dir) != NULL);
	path_of(path, "pack");
	must(mkdir(path, 0777) == 0);
	atexit(clean);
}

static void
put(const char *name, const void *data, size_t len)
{
	char path[160];
	int fd;

	path_of(path, name);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static void
read_index(const uint8_t *data, size_t len)
{
	char stem[160];
	struct gv_odb_pack *pack;
	struct gv_oid id;
	uint32_t row, found;

	put(NAME ".idx", data, len);
	path_of(stem, NAME);
	if (gv_odb_pack_open(&pack, stem) < 0)
		return;
	for (row = 0; row < pack->n; row++) {
		gv_odb_pack_id(pack, row, &id);
		(void)gv_odb_pack_offset(pack, row);
		if (gv_odb_pack_find(pack, &id, &found))
			must(found < pack->n);
	}
	gv_odb_pack_free(pack);
}

static void
put32(struct gv_buf *out, uint32_t v)
{
	gv_buf_addch(out, (char)(v >> 24));
	gv_buf_addch(out, (char)(v >> 16));
	gv_buf_addch(out, (char)(v >> 8));
	gv_buf_addch(out, (char)v);
}

/* The row of an object is the first byte of its name. */
static void
put_index(const uint8_t *places, unsigned n, const struct gv_buf *pack)
{
	static const char zeros[20];
	struct gv_buf b = GV_BUF_INIT;
	unsigned i;

	gv_buf_add(&b, "\377tOc\0\0\0\2", 8);
	for (i = 0; i < 256; i++)
		put32(&b, i < n ? i + 1 : n);
	for (i = 0; i < n; i++) {
		gv_buf_addch(&b, (char)i);
		gv_buf_add(&b, zeros, 19);
	}
	for (i = 0; i < n; i++)
		put32(&b, 0);
	for (i = 0; i < n; i++)
		put32(&b, (uint32_t)places[2 * i] << 8 | places[2 * i + 1]);
	gv_buf_add(&b, pack->p + pack->len - 20, 20);
	gv_buf_add(&b, zeros, 20);
	put(NAME ".idx", b.p, b.len);
	gv_buf_release(&b);
}

static int
take(void *ctx, const void *data, size_t len)
{
	(void)data;
	*(size_t *)ctx += len;
	return 0;
}

static void
read_objects(unsigned n)
{
	struct gv_repo repo = { .objects_dir = dir };
	struct gv_odb *odb;
	unsigned i;

	must(gv_odb_open(&odb, &repo) == 0);
	for (i = 0; i < n; i++) {
		struct gv_oid id = { { (unsigned char)i } };
		struct gv_object obj = { 0 };
		enum gv_otype type;
		size_t size, total = 0;

		must(gv_odb_has(odb, &id));
		/* nobody knows bytes with such a name */
		must(gv_odb_read(odb, &obj, &id) < 0);
		must(gv_odb_stream(odb, &id, take, &total) < 0);
		if (gv_odb_read_header(odb, &type, &size, &id) == 0)
			must(type >= GV_OTYPE_COMMIT && type <= GV_OTYPE_TAG);
	}
	gv_odb_close(odb);
}

static void
read_pack(const uint8_t *data, size_t len)
{
	static const char sum[20];
	struct gv_buf b = GV_BUF_INIT;
	unsigned n = len ? data[0] % (MOST + 1) : 0;

	if (n == 0 || len < 1 + 2 * (size_t)n || len > 65536)
		return;
	gv_buf_add(&b, "PACK\0\0\0\2", 8);
	put32(&b, n);
	gv_buf_add(&b, data + 1 + 2 * (size_t)n, len - 1 - 2 * (size_t)n);
	gv_buf_add(&b, sum, sizeof(sum));
	put(NAME ".pack", b.p, b.len);
	put_index(data + 1, n, &b);
	gv_buf_release(&b);
	read_objects(n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (*dir == '\0')
		prepare();
	read_index(data, len);
	read_pack(data, len);
	return 0;
}
