#include "unit.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/pack_file.h"
#include "sys/file.h"
#include "unit/sandbox.h"

/* A pack of three blobs and its bytes. */
struct made {
	struct gv_buf stem, bytes;
	struct gv_pack_file *file;
};

static void
make(struct made *m, struct sandbox *s)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *name = sh(s,
	    "for i in 1 2 3; do seq $i 400 | git hash-object -w --stdin; done |"
	    " git pack-objects -q --window=0 .git/objects/pack/pack");

	*m = (struct made){ .stem = GV_BUF_INIT, .bytes = GV_BUF_INIT };
	gv_buf_addf(&m->stem, "%s/pack/pack-%.40s", s->objects, name);
	gv_buf_addf(&path, "%s.pack", m->stem.p);
	assert_int_equal(gv_file_read(&m->bytes, AT_FDCWD, path.p, 1 << 20), 0);
	assert_int_equal(gv_pack_file_open(&m->file, m->stem.p), 0);
	gv_buf_release(&path);
}

static void
done(struct made *m)
{
	gv_pack_file_close(m->file);
	gv_buf_release(&m->stem);
	gv_buf_release(&m->bytes);
}

/* In pieces of that many bytes. */
static int
check(struct made *m, size_t len, size_t piece)
{
	size_t at, n;
	int r = gv_pack_file_begin(m->file);

	for (at = 0; r == 0 && at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		r = gv_pack_file_add(m->file, m->bytes.p + at, n);
	}
	return r < 0 ? r : gv_pack_file_finish(m->file);
}

static void
a_pack_is_whole_however_it_is_cut(void **state)
{
	static const size_t pieces[] = { 1, 7, 20, 21, 4096, 1 << 20 };
	struct sandbox *s = *state;
	struct made m;
	size_t i;

	make(&m, s);
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		assert_int_equal(check(&m, m.bytes.len, pieces[i]), 0);
	done(&m);
}

/* Any byte but those of the version, which git has in two values. */
static void
no_byte_can_change(void **state)
{
	struct sandbox *s = *state;
	struct made m;
	size_t i;

	make(&m, s);
	for (i = 0; i < m.bytes.len; i++) {
		if (i >= 4 && i < 8)
			continue;
		m.bytes.p[i] ^= 4;
		assert_int_equal(check(&m, m.bytes.len, 64), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), "git vault repair"));
		m.bytes.p[i] ^= 4;
	}
	m.bytes.p[20] ^= 4;
	assert_int_equal(check(&m, m.bytes.len, 64), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "object "));
	done(&m);
}

static void
it_ends_where_it_should(void **state)
{
	struct sandbox *s = *state;
	struct made m;
	size_t i;

	make(&m, s);
	for (i = 0; i < m.bytes.len; i++)
		assert_int_equal(check(&m, i, 64), GV_ECORRUPT);
	gv_buf_addch(&m.bytes, 'x');
	assert_int_equal(check(&m, m.bytes.len, 64), GV_ECORRUPT);
	done(&m);
}

static void
all_of_its_objects_must_be_marked(void **state)
{
	struct gv_oid id, other = { { 1 } };
	struct sandbox *s = *state;
	struct made m;
	uint32_t i;

	make(&m, s);
	assert_int_equal(gv_pack_file_count(m.file), 3);
	gv_pack_file_mark(m.file, &other);
	assert_false(gv_pack_file_has(m.file, &other));
	for (i = 0; i < 3; i++) {
		assert_false(gv_pack_file_is_marked(m.file));
		gv_pack_file_id(m.file, i, &id);
		assert_true(gv_pack_file_has(m.file, &id));
		gv_pack_file_mark(m.file, &id);
		gv_pack_file_mark(m.file, &id);
	}
	assert_true(gv_pack_file_is_marked(m.file));
	done(&m);
}

static void
without_sums_it_is_not_used(void **state)
{
	struct gv_pack_file *file;
	struct sandbox *s = *state;
	struct made m;
	struct gv_buf path = GV_BUF_INIT;

	make(&m, s);
	done(&m);
	sh(s,
	    "cd .git/objects/pack && rm -f *.idx && "
	    "git index-pack --index-version=1 pack-*.pack");
	gv_buf_addstr(&path, sh(s, "ls $PWD/.git/objects/pack/*.idx"));
	gv_buf_truncate(&path, path.len - strlen(".idx"));
	assert_int_equal(gv_pack_file_open(&file, path.p), GV_EREFUSED);
	assert_int_equal(gv_pack_file_open(&file, "missing"), GV_EREFUSED);
	gv_buf_release(&path);
}

UNIT(pack_file)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_pack_is_whole_however_it_is_cut, sandbox_setup,
		    sandbox_teardown),
		cmocka_unit_test_setup_teardown(
		    no_byte_can_change, sandbox_setup, sandbox_teardown),
		cmocka_unit_test_setup_teardown(
		    it_ends_where_it_should, sandbox_setup, sandbox_teardown),
		cmocka_unit_test_setup_teardown(
		    all_of_its_objects_must_be_marked, sandbox_setup,
		    sandbox_teardown),
		cmocka_unit_test_setup_teardown(without_sums_it_is_not_used,
		    sandbox_setup, sandbox_teardown),
	};

	return UNIT_RUN(tests);
}
