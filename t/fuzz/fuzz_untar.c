/* A tar stream: the same is told however it is cut into pieces, and of each
 * file no more than there was. */
#include "fuzz.h"

#include "format/untar.h"

struct told {
	uint64_t bytes, sum;
	size_t begun, ended;
};

static void
add(struct told *t, const void *p, size_t n)
{
	const uint8_t *from = p;

	while (n-- > 0)
		t->sum = t->sum * 31 + *from++;
}

static int
on_begin(void *ctx, const char *name, size_t len)
{
	struct told *t = ctx;

	must(t->begun == t->ended);
	t->begun++;
	add(t, name, len);
	return 0;
}

static int
on_data(void *ctx, const void *p, size_t n)
{
	struct told *t = ctx;

	must(t->begun == t->ended + 1);
	t->bytes += n;
	add(t, p, n);
	return 0;
}

static int
on_end(void *ctx)
{
	struct told *t = ctx;

	must(t->begun == t->ended + 1);
	t->ended++;
	return 0;
}

static int
read_it(struct told *t, const uint8_t *data, size_t len, size_t piece)
{
	struct gv_untar tar = { .begin = on_begin,
		.data = on_data,
		.end = on_end,
		.ctx = t,
		.name = GV_BUF_INIT,
		.extra = GV_BUF_INIT };
	size_t n;
	int r = 0;

	for (; r == 0 && len; data += n, len -= n) {
		n = len < piece ? len : piece;
		r = gv_untar_feed(&tar, data, n);
	}
	if (r == 0)
		r = gv_untar_end(&tar);
	gv_untar_release(&tar);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct told one = { 0 }, two = { 0 };
	int r = read_it(&one, data, len, len ? len : 1);

	must(read_it(&two, data, len, 7) == r);
	must(one.bytes == two.bytes && one.sum == two.sum);
	must(one.begun == two.begun && one.ended == two.ended);
	must(one.bytes <= len);
	return 0;
}
