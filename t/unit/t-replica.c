#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"
#include "replica/replica_memory.h"
#include "replica/replica_name.h"
#include "replica/replica_owed.h"
#include "replica/replica_purge.h"
#include "replica/replica_refs.h"
#include "replica/replica_trust.h"
#include "replica/target.h"
#include "repo/config.h"

static const char print[] =
    "SHA256:7PJa/rEgDbyxSyKnLLuX9aTwjDt9gEq6VvWmKnMtvsw";

static void
names_are_read_as_they_are_written(void **state)
{
	unsigned char sum[GV_REPLICA_SUM], is[GV_REPLICA_SUM];
	char host[GV_REPLICA_HOST_MAX + 1];
	struct gv_buf name = GV_BUF_INIT;
	bool is_index;
	uint64_t seq;

	(void)state;
	memset(sum, 0xa5, sizeof(sum));
	gv_replica_name_pack(&name, sum, "idx", true);
	assert_true(gv_replica_name_is_pack(is, &is_index, name.p));
	assert_true(is_index);
	assert_memory_equal(is, sum, sizeof(sum));
	gv_buf_truncate(&name, name.len - 1);
	assert_false(gv_replica_name_is_pack(is, &is_index, name.p));
	gv_buf_reset(&name);
	gv_replica_name_manifest(&name, "a.b-c", 42);
	assert_string_equal(name.p, "manifests/a.b-c/0000000042");
	assert_true(gv_replica_name_is_manifest(host, &seq, name.p));
	assert_string_equal(host, "a.b-c");
	assert_int_equal(seq, 42);
	assert_false(
	    gv_replica_name_is_manifest(host, &seq, "manifests/a/0000000000"));
	assert_false(gv_replica_name_is_manifest(host, &seq, "manifests/a/42"));
	assert_false(gv_replica_name_is_manifest(
	    host, &seq, "manifests/a/b/0000000001"));
	gv_buf_release(&name);
}

static void
a_host_becomes_a_name_that_stores_can_have(void **state)
{
	static const char *const cases[][2] = { { "Web_1", "web-1" },
		{ ".hidden", "-hidden" }, { "", "localhost" },
		{ "a/../b", "a-..-b" } };
	struct gv_buf name = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gv_replica_name_host(&name, cases[i][0]);
		assert_string_equal(name.p, cases[i][1]);
		assert_true(gv_replica_name_is_host(name.p));
		gv_buf_reset(&name);
	}
	gv_buf_release(&name);
}

static void
the_memory_is_read_as_it_is_written(void **state)
{
	struct gv_replica_memory m = { .pushed = 7, .requests = 3 }, read;
	struct gv_buf text = GV_BUF_INIT, same = GV_BUF_INIT;
	unsigned char sum[GV_REPLICA_SUM] = { 9 };

	(void)state;
	strcpy(m.store, "0123456789abcdef0123456789abcdef");
	strcpy(m.host, "h");
	strcpy(m.pending.host, "h");
	m.pending.seq = 4;
	m.is_probed = true;
	m.verified[GV_REPLICA_READ].time = 99;
	m.verified[GV_REPLICA_READ].seq = 3;
	assert_int_equal(gv_replica_memory_see(&m, "h", 3, sum), 0);
	assert_int_equal(gv_replica_memory_see(&m, "g", 8, sum), 0);
	assert_int_equal(gv_replica_memory_see(&m, "h", 4, sum), 0);
	assert_int_equal(gv_replica_memory_format(&text, &m), 0);
	assert_int_equal(gv_replica_memory_parse(&read, text.p, text.len), 0);
	assert_int_equal(gv_replica_memory_find(&read, "h")->seq, 4);
	assert_null(gv_replica_memory_find(&read, "x"));
	assert_int_equal(gv_replica_memory_format(&same, &read), 0);
	assert_string_equal(same.p, text.p);
	gv_replica_memory_release(&read);
	assert_int_equal(gv_replica_memory_parse(&read, "x\n", 2), GV_ECORRUPT);
	gv_replica_memory_release(&read);
	gv_replica_memory_release(&m);
	gv_buf_release(&text);
	gv_buf_release(&same);
}

static void
damage_is_kept_until_it_is_mended(void **state)
{
	struct gv_replica_damage d = { .time = 50,
		.by = GV_REPLICA_READ,
		.mend = GV_REPLICA_MEND_WHOLE,
		.text = (char *)(uintptr_t) "a pack\nis bad" };
	struct gv_replica_memory m = { .pushed = 7 }, read;
	struct gv_buf text = GV_BUF_INIT, cmd = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_replica_memory_damage(&m, &d), 0);
	assert_int_equal(gv_replica_memory_format(&text, &m), 0);
	assert_int_equal(gv_replica_memory_parse(&read, text.p, text.len), 0);
	assert_int_equal(read.damage.time, 50);
	assert_int_equal(read.damage.by, GV_REPLICA_READ);
	assert_string_equal(read.damage.text, "a pack");
	gv_replica_memory_mend(&cmd, &read.damage, "far");
	assert_string_equal(cmd.p,
	    "git vault replicate push --whole far && git vault replicate "
	    "verify --level read far");
	/* a shallow look knows nothing of what a deep one found */
	d = (struct gv_replica_damage){ .time = 60,
		.by = GV_REPLICA_LEVELS,
		.mend = GV_REPLICA_MEND_BEGIN,
		.text = (char *)(uintptr_t) "gone" };
	assert_int_equal(gv_replica_memory_damage(&read, &d), 0);
	assert_string_equal(read.damage.text, "a pack");
	gv_replica_memory_mended(&read);
	assert_int_equal(read.damage.time, 0);
	assert_int_equal(gv_replica_memory_damage(&read, &d), 0);
	d.time = 70;
	assert_int_equal(gv_replica_memory_damage(&read, &d), 0);
	assert_int_equal(read.damage.time, 60);
	gv_buf_reset(&text);
	assert_int_equal(gv_replica_memory_format(&text, &read), 0);
	gv_replica_memory_release(&read);
	assert_int_equal(gv_replica_memory_parse(&read, text.p, text.len), 0);
	assert_int_equal(read.damage.by, GV_REPLICA_LEVELS);
	assert_int_equal(read.damage.mend, GV_REPLICA_MEND_BEGIN);
	gv_replica_memory_release(&read);
	gv_replica_memory_release(&m);
	gv_buf_release(&text);
	gv_buf_release(&cmd);
}

static int
targets(struct gv_targets *out, struct gv_config *c, const char *const *pairs)
{
	struct gv_buf text = GV_BUF_INIT;

	for (; *pairs; pairs += 2) {
		gv_buf_addstr(&text, "local");
		gv_buf_addch(&text, '\0');
		gv_buf_addf(&text, "vault.target.%s\n%s", pairs[0], pairs[1]);
		gv_buf_addch(&text, '\0');
	}
	assert_int_equal(gv_config_parse(c, text.p, text.len, false), 0);
	return gv_targets_parse(out, c, NULL);
}

static void
targets_are_what_the_configuration_says(void **state)
{
	static const char *const good[] = { "b.url", "file:///b", "a.url",
		"file:///a", "a.encrypt", "true", "a.rate", "2k", "a.limit",
		"1g", "a.pricestorage", "0.023", "a.pricerequests", "0.005",
		"a.pricetraffic", "0.09", "gone.region", "eu", NULL };
	static const char *const bad[] = { "a.limit", "much", NULL };
	struct gv_targets all;
	struct gv_config c;
	const struct gv_target *t;

	(void)state;
	assert_int_equal(targets(&all, &c, good), 0);
	/* one without an address is a rest of what was removed */
	assert_int_equal(all.n, 2);
	t = gv_targets_find(&all, "a");
	assert_ptr_equal(t, &all.all[0]);
	assert_true(t->encrypts);
	assert_int_equal(t->rate, 2048);
	assert_int_equal(t->limit, 1 << 30);
	assert_false(t->is_auto);
	assert_int_equal(t->price.storage, 23000);
	assert_int_equal(
	    gv_target_cost_month(&t->price, UINT64_C(100000000000)), 2300000);
	assert_int_equal(
	    gv_target_cost_used(&t->price, 20000, UINT64_C(10000000000)),
	    100000 + 900000);
	assert_int_equal(gv_targets_need(&t, &all, "c"), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), "a, b"));
	gv_targets_release(&all);
	gv_config_release(&c);
	assert_int_equal(targets(&all, &c, bad), GV_EUSAGE);
	gv_targets_release(&all);
	gv_config_release(&c);
}

static void
an_address_has_no_password(void **state)
{
	(void)state;
	assert_int_equal(gv_target_check_url("file:///x"), 0);
	assert_int_equal(gv_target_check_url("file://u:hidden@h/x"), GV_EUSAGE);
	assert_null(strstr(gv_err_message(), "hidden"));
	assert_int_equal(gv_target_check_url("/x"), GV_EUSAGE);
	assert_int_equal(gv_target_check_url("sftp://ann@h/x"), 0);
	assert_int_equal(
	    gv_target_check_url("https+webdav://u:hidden@h/x"), GV_EUSAGE);
	assert_int_equal(gv_target_check_url("rclone:remote:a,b=c"), 0);
	assert_int_equal(
	    gv_target_check_url("rclone:remote,pass=hidden:a"), GV_EUSAGE);
	assert_int_equal(
	    gv_target_check_url("rclone::s3,secret=hidden:a"), GV_EUSAGE);
	assert_int_equal(gv_target_check_url("file:///x y"), GV_EUSAGE);
}

static void
amounts_are_exact(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(gv_target_parse_amount(&n, "0.023"), 0);
	assert_int_equal(n, 23000);
	assert_int_equal(gv_target_parse_amount(&n, "12"), 0);
	assert_int_equal(n, 12000000);
	assert_int_equal(gv_target_parse_amount(&n, ""), GV_ERROR);
	assert_int_equal(gv_target_parse_amount(&n, "1.2.3"), GV_ERROR);
	assert_int_equal(gv_target_parse_amount(&n, "-1"), GV_ERROR);
	assert_int_equal(gv_target_parse_amount(&n, "0.00000001"), GV_ERROR);
}

static void
what_is_of_this_clone_alone_stays(void **state)
{
	(void)state;
	assert_true(gv_replica_refs_travels("refs/heads/main"));
	assert_true(gv_replica_refs_travels("refs/vault/keyring"));
	assert_true(gv_replica_refs_travels("refs/notes/vault"));
	assert_true(gv_replica_refs_travels("refs/stash"));
	assert_false(gv_replica_refs_travels("HEAD"));
	assert_false(gv_replica_refs_travels("refs/remotes/origin/main"));
	assert_false(gv_replica_refs_travels("refs/vault/locks/prod/net"));
	assert_false(gv_replica_refs_travels("refs/vault-trash/x"));
	assert_false(gv_replica_refs_travels("refs/vault-remote/o/keyring"));
}

static void
only_who_is_named_is_trusted(void **state)
{
	static const char *const other[] = { print };
	struct gv_replica_trust t = { .n_named = 0 };
	unsigned char key[GV_SIGN_PUBLIC] = { 1 };
	unsigned char own[1][GV_SIGN_PUBLIC] = { { 1 } };
	char of[GV_KEYRING_PRINT];
	const char *named[] = { of };

	(void)state;
	assert_true(gv_replica_trust_is_print(print));
	assert_false(gv_replica_trust_is_print("SHA256:x"));
	assert_false(gv_replica_trusts(&t, key));
	t.own = own;
	t.n_own = 1;
	assert_true(gv_replica_trusts(&t, key));
	t.named = other;
	t.n_named = 1;
	assert_false(gv_replica_trusts(&t, key));
	gv_audit_signers_print(of, key);
	t.named = named;
	assert_true(gv_replica_trusts(&t, key));
}

static struct gv_oid
oid_of(unsigned char first, unsigned char last)
{
	struct gv_oid oid = { { first } };

	oid.id[GV_OID_RAW - 1] = last;
	return oid;
}

/* An index of two ids, of either version. */
static size_t
make_index(unsigned char out[2048], bool is_new)
{
	const struct gv_oid ids[] = { oid_of(3, 1), oid_of(0xf0, 2) };
	unsigned char *p = out;
	size_t i;

	memset(out, 0, 2048);
	if (is_new) {
		memcpy(p, "\377tOc\0\0\0\2", 8);
		p += 8;
	}
	p[1023] = 2;
	p += 1024;
	for (i = 0; i < 2; i++) {
		p += is_new ? 0 : 4;
		memcpy(p, ids[i].id, GV_OID_RAW);
		p += GV_OID_RAW;
	}
	return (size_t)(p - out);
}

static void
an_index_tells_what_a_pack_has(void **state)
{
	const struct gv_oid has[] = { oid_of(1, 1), oid_of(0xf0, 2) };
	const struct gv_oid not [] = { oid_of(3, 0), oid_of(3, 2),
		oid_of(0xff, 0) };
	unsigned char idx[2048];
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		len = make_index(idx, i == 1);
		assert_int_equal(gv_replica_purge_index(idx, len, has, 2), 1);
		assert_int_equal(gv_replica_purge_index(idx, len, not, 3), 0);
		assert_int_equal(gv_replica_purge_index(idx, len, has, 0), 0);
		assert_int_equal(
		    gv_replica_purge_index(idx, len - 1, has, 2), GV_ECORRUPT);
		assert_int_equal(
		    gv_replica_purge_index(idx, 100, has, 2), GV_ECORRUPT);
	}
	idx[7] = 3;
	assert_int_equal(gv_replica_purge_index(idx, len, has, 2), GV_ECORRUPT);
}

static void
a_row_of_ids_is_sorted_and_each_once(void **state)
{
	struct gv_oid ids[] = { oid_of(9, 1), oid_of(1, 2), oid_of(9, 1),
		oid_of(1, 1) };
	const struct gv_oid other = oid_of(9, 2);
	size_t n = gv_replica_owed_sort(ids, 4);

	(void)state;
	assert_int_equal(n, 3);
	assert_int_equal(ids[0].id[GV_OID_RAW - 1], 1);
	assert_true(gv_replica_owed_has(ids, n, &ids[2]));
	assert_false(gv_replica_owed_has(ids, n, &other));
	assert_false(gv_replica_owed_has(NULL, 0, &other));
}

static void
commands_of_a_purge_are_joined(void **state)
{
	struct gv_buf lines = GV_BUF_INIT, out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_replica_owed_commands(&out, &lines), 0);
	assert_int_equal(out.len, 0);
	gv_buf_addstr(&lines,
	    "git vault purge -- a\n"
	    "\"git vault purge -- 'b\\nc'\"\n"
	    "\"damaged\n");
	assert_int_equal(gv_replica_owed_commands(&out, &lines), 0);
	assert_string_equal(out.p,
	    "git vault purge -- a && git vault purge -- 'b\nc' && \"damaged");
	gv_buf_release(&lines);
	gv_buf_release(&out);
}

UNIT(replica)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_a_purge_are_joined),
		cmocka_unit_test(names_are_read_as_they_are_written),
		cmocka_unit_test(a_host_becomes_a_name_that_stores_can_have),
		cmocka_unit_test(the_memory_is_read_as_it_is_written),
		cmocka_unit_test(damage_is_kept_until_it_is_mended),
		cmocka_unit_test(targets_are_what_the_configuration_says),
		cmocka_unit_test(an_address_has_no_password),
		cmocka_unit_test(amounts_are_exact),
		cmocka_unit_test(what_is_of_this_clone_alone_stays),
		cmocka_unit_test(only_who_is_named_is_trusted),
		cmocka_unit_test(an_index_tells_what_a_pack_has),
		cmocka_unit_test(a_row_of_ids_is_sorted_and_each_once),
	};

	return UNIT_RUN(tests);
}
