/* lib/compress/deflate: what is packed, or only stored, zlib opens again. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "compress/deflate.h"
#include "compress/gunzip.h"

static const size_t sizes[] = { 0, 1, 2, 1000, 65534, 65535, 65536, 131069,
	131070, 131071, 1048576 };

static unsigned char *
make(size_t len)
{
	unsigned char *p = malloc(len ? len : 1);
	uint64_t seed = len;
	size_t i;

	assert_non_null(p);
	for (i = 0; i < len; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)(seed >> 56);
	}
	return p;
}

/* Exactly that much room, for the sanitizers. */
static void
check_opens(const void *packed, size_t n, const void *data, size_t len)
{
	uLongf got = len ? len : 1;
	unsigned char *out = malloc(got);

	assert_non_null(out);
	assert_int_equal(uncompress(out, &got, packed, n), Z_OK);
	assert_int_equal(got, len);
	assert_memory_equal(out, data, len);
	free(out);
}

static void
test_run(void **state)
{
	struct gv_deflate *z = gv_deflate_new(1);
	size_t i;

	(void)state;
	assert_non_null(z);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t cap = gv_deflate_bound(z, sizes[i]), n;
		unsigned char *data = make(sizes[i]), *out = malloc(cap);

		assert_non_null(out);
		n = gv_deflate_run(z, out, cap, data, sizes[i]);
		assert_in_range(n, 1, cap);
		check_opens(out, n, data, sizes[i]);
		free(out);
		free(data);
	}
	gv_deflate_free(z);
}

static void
test_store(void **state)
{
	struct gv_deflate *z = gv_deflate_new(1);
	size_t i;

	(void)state;
	assert_non_null(z);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t cap = gv_deflate_bound(z, sizes[i]), n;
		unsigned char *data = make(sizes[i]), *out = malloc(cap);

		assert_non_null(out);
		n = gv_deflate_store(
		    out, cap, sizes[i] ? data : NULL, sizes[i]);
		assert_in_range(n, sizes[i] + 1, cap);
		check_opens(out, n, data, sizes[i]);
		out = realloc(out, n); /* it takes no more than it says */
		assert_non_null(out);
		assert_int_equal(
		    gv_deflate_store(out, n - 1, data, sizes[i]), 0);
		free(out);
		free(data);
	}
	gv_deflate_free(z);
}

static void
test_noise(void **state)
{
	unsigned char *data = make(1048576), *some = make(65536);
	size_t i;

	(void)state;
	assert_true(gv_deflate_is_noise(data, 4096));
	assert_true(gv_deflate_is_noise(data, 65537));
	assert_true(gv_deflate_is_noise(data, 1048576));
	assert_false(gv_deflate_is_noise(data, 4095));
	assert_false(gv_deflate_is_noise(NULL, 0));
	memset(some, 0, 20); /* a plain head changes nothing, */
	assert_true(gv_deflate_is_noise(some, 65536));
	memset(some, 0, 2000); /* but what deflates by a fiftieth does */
	assert_false(gv_deflate_is_noise(some, 65536));
	for (i = 0; i < 1048576; i++)
		data[i] = data[i] % 253; /* 7.98 bits each */
	assert_true(gv_deflate_is_noise(data, 1048576));
	for (i = 0; i < 1048576; i++)
		data[i] = data[i] % 200;
	assert_false(gv_deflate_is_noise(data, 1048576));
	for (i = 0; i < 1048576; i++)
		data[i] = "0123456789abcdef\n"[data[i] % 17];
	assert_false(gv_deflate_is_noise(data, 1048576));
	free(some);
	free(data);
}

/* A gzip file of its own: one that another made is in t4022. */
static size_t
pack(unsigned char *out, size_t cap, const unsigned char *data, size_t len)
{
	z_stream z = { 0 };

	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_in = (unsigned char *)(size_t)data;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return cap - z.avail_out;
}

static void
test_gunzip(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i], cap = size + size / 100 + 100, n;
		unsigned char *data = make(size), *gzip = malloc(cap + 1);
		unsigned char *out = malloc(size + 1);

		assert_non_null(gzip);
		assert_non_null(out);
		n = pack(gzip, cap, data, size);
		assert_int_equal(gv_gunzip(out, size, gzip, n), size);
		assert_memory_equal(out, data, size);
		assert_int_equal(gv_gunzip(out, size + 1, gzip, n), size);
		if (size)
			assert_int_equal(gv_gunzip(out, size - 1, gzip, n), -1);
		gzip[n] = 0; /* something behind it */
		assert_int_equal(gv_gunzip(out, size, gzip, n + 1), -1);
		for (len = 0; len < n; len += 1 + n / 50)
			assert_int_equal(gv_gunzip(out, size, gzip, len), -1);
		gzip[n - 5] ^= 1; /* of its checksum */
		assert_int_equal(gv_gunzip(out, size, gzip, n), -1);
		free(out);
		free(gzip);
		free(data);
	}
}

UNIT(deflate)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_gunzip),
	};

	return UNIT_RUN(tests);
}
