/* lib/seal/seal: values of all sizes come back, equal and known values are not
 * encrypted again, and what cannot be opened is refused. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/member.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "seal/seal.h"
#include "unit/locked.h"
#include "unit/sandbox.h"

#define MANY 600

/* What was put, and the repository that has it then. */
struct store {
	struct sandbox *s;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_odb *odb;
	struct gv_digest ids[MANY];
	struct gv_oid objects[MANY];
	size_t n, trees, asked;
	int fails;         /* what put returns */
	int fails_now;     /* what find returns */
	struct gv_buf all; /* every byte that was put */
};

static const unsigned char key[GV_DIGEST_KEY] = "any key at all";
static struct store store;
static struct gv_identity ours, other;
static struct gv_recipient to;
static const struct gv_recipient *to_all[] = { &to };
static const struct gv_identity *with[] = { &ours };
static struct gv_seal seal;
static struct gv_secret out;

static int
find(void *ctx, struct gv_oid *object, const struct gv_digest *id)
{
	struct store *st = ctx;
	size_t i;

	st->asked++;
	for (i = 0; i < st->n; i++)
		if (gv_digest_equal(&st->ids[i], id)) {
			*object = st->objects[i];
			return 1;
		}
	return st->fails_now;
}

static int
put(void *ctx, struct gv_oid *object, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct store *st = ctx;
	int r = gv_pack_add(st->lane, object, type, data, len, NULL);

	assert_int_equal(r, 0);
	assert_true((id == NULL) == (type == GV_OTYPE_TREE));
	if (st->fails)
		return st->fails;
	st->trees += id == NULL;
	if (id) {
		assert_true(st->n < MANY);
		st->ids[st->n] = *id;
		st->objects[st->n++] = *object;
		gv_buf_add(&st->all, data, len);
	}
	return 0;
}

static void
open_pack(struct store *st)
{
	struct gv_pack_opts opts = { .objects_dir = st->s->repo.objects_dir,
		.no_sync = true };

	assert_int_equal(gv_pack_open(&st->pack, &opts), 0);
	assert_int_equal(gv_pack_lane_open(&st->lane, st->pack), 0);
}

/* From now on it can be read. */
static void
close_pack(struct store *st)
{
	struct gv_pack_result result;

	assert_int_equal(gv_pack_lane_close(st->lane), 0);
	assert_int_equal(gv_pack_finish(st->pack, &result), 0);
	gv_pack_unkeep(st->pack);
	gv_pack_free(st->pack);
	st->pack = NULL;
	assert_int_equal(gv_odb_open(&st->odb, &st->s->repo), 0);
}

static int
begin(void **state)
{
	int r = sandbox_setup(state);

	memset(&store, 0, sizeof(store));
	store.s = *state;
	store.all = (struct gv_buf)GV_BUF_INIT;
	open_pack(&store);
	assert_int_equal(gv_identity_new(&ours), 0);
	assert_int_equal(gv_identity_new(&other), 0);
	assert_int_equal(gv_identity_recipient(&to, &ours), 0);
	seal = (struct gv_seal){ .key = key,
		.scope = "prod",
		.to = to_all,
		.n_to = 1,
		.threads = 1,
		.find = find,
		.put = put,
		.ctx = &store };
	out = (struct gv_secret)GV_SECRET_INIT;
	return r;
}

static int
end(void **state)
{
	if (store.pack) {
		gv_pack_lane_close(store.lane);
		gv_pack_free(store.pack);
	}
	gv_odb_close(store.odb);
	gv_buf_release(&store.all);
	gv_identity_release(&ours);
	gv_identity_release(&other);
	gv_recipient_release(&to);
	gv_secret_release(&out);
	return sandbox_teardown(state) || locked_all_back(state);
}

static unsigned char *
make(size_t len, uint64_t seed)
{
	unsigned char *p = malloc(len + 1);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < len; i++)
		p[i] = (unsigned char)(next_number(&seed) >> 7);
	return p;
}

static int
add_out(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	return gv_secret_add(&out, data, len);
}

static int
read_claimed(const struct gv_oid *object, const struct gv_seal_claim *claim)
{
	struct gv_seal_reader *reader = NULL;
	int r = gv_seal_reader_new(&reader, with, 1);

	gv_secret_reset(&out);
	if (r == 0)
		r = gv_seal_read(
		    reader, store.odb, object, claim, add_out, NULL);
	gv_seal_reader_free(reader);
	return r;
}

static int
read_value(const struct gv_oid *object)
{
	return read_claimed(object, NULL);
}

/* ---- what comes of values ---- */

static void
values_of_all_sizes_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 40, 1024, 1025, 65536, 262143,
		262144, 262145, 3000000 };
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	struct gv_seal_value values[N] = { { .p = NULL } };
	struct gv_digest id;
	size_t i;

	(void)state;
	for (i = 0; i < N; i++) {
		values[i].p = i ? make(sizes[i], i) : NULL;
		values[i].len = sizes[i];
	}
	assert_int_equal(gv_seal_run(&seal, values, N), 0);
	close_pack(&store);
	for (i = 0; i < N; i++) {
		assert_int_equal(read_value(&values[i].object), 0);
		assert_true(gv_secret_is(&out, values[i].p, sizes[i]));
		assert_true(values[i].is_new);
		assert_int_equal(
		    gv_seal_name(&id, key, "prod", values[i].p, values[i].len),
		    0);
		assert_true(gv_digest_equal(&id, &values[i].id));
		free((void *)(size_t)values[i].p);
	}
	/* two are in chunks, the larger one in about fifty */
	assert_true(store.trees >= 4);
	assert_true(store.n > N + 20);
}

/* They are sealed while somebody else does what he likes; what came with its id
 * has the same one, and what is given up is no value. */
static void
threads_seal_what_was_begun(void **state)
{
	enum { N = 40 };
	struct gv_seal_value values[N] = { { .p = NULL } };
	struct gv_seal_run *run = NULL;
	struct gv_digest id;
	size_t i;

	(void)state;
	seal.threads = 3;
	for (i = 0; i < N; i++) {
		values[i].p = make(5000 + i * (i == 7 ? 60000 : 1), i);
		values[i].len = 5000 + i * (i == 7 ? 60000 : 1);
		values[i].is_named = i % 2;
		assert_int_equal(gv_seal_name(&values[i].id, key, "prod",
				     values[i].p, values[i].len),
		    0);
	}
	assert_int_equal(gv_seal_begin(&run, &seal, values, N), 0);
	assert_int_equal(gv_seal_end(run), 0);
	store.fails = GV_EREFUSED;
	assert_int_equal(gv_seal_begin(&run, &seal, values, 0), 0);
	assert_null(run);
	assert_int_equal(gv_seal_end(run), 0);
	seal.scope = "other";
	assert_int_equal(gv_seal_begin(&run, &seal, values, 3), 0);
	gv_err_set_message("what was before");
	gv_seal_drop(run);
	assert_string_equal(gv_err_message(), "what was before");
	assert_int_equal(gv_seal_begin(&run, &seal, values, N), 0);
	assert_int_equal(gv_seal_end(run), GV_EREFUSED);
	seal.scope = "prod";
	close_pack(&store);
	for (i = 0; i < N; i++) {
		assert_int_equal(
		    gv_seal_name(&id, key, "prod", values[i].p, values[i].len),
		    0);
		assert_true(gv_digest_equal(&id, &values[i].id));
		assert_int_equal(read_value(&values[i].object), 0);
		assert_true(gv_secret_is(&out, values[i].p, values[i].len));
		free((void *)(size_t)values[i].p);
	}
}

/* What age opens, and nothing of ours. */
static void
open_plainly(const struct gv_oid *object)
{
	struct gv_object o;

	assert_int_equal(gv_odb_read(store.odb, &o, object), 0);
	assert_int_equal(o.type, GV_OTYPE_BLOB);
	gv_secret_reset(&out);
	assert_int_equal(gv_age_open(&out, with, 1, o.data, o.len, NULL), 0);
	gv_object_release(&o);
}

/* Also what gzip would take for something of its own. */
static void
all_values_are_padded_in_a_gzip_file(void **state)
{
	unsigned char large[1025] = { 'x' };
	struct gv_seal_value values[] = { { .p = "plain", .len = 5 },
		{ .p = large, .len = 1024 }, { .p = large, .len = 1025 },
		{ .p = "\037\213\010", .len = 3 },
		{ .p = "PK\003\004", .len = 4 }, { .p = "\037", .len = 1 },
		{ .p = "", .len = 0 } };
	size_t i;

	(void)state;
	assert_int_equal(gv_seal_run(&seal, values, 7), 0);
	close_pack(&store);
	for (i = 0; i < 7; i++) {
		open_plainly(&values[i].object);
		assert_true(gv_member_is(out.p, out.len));
		assert_int_equal(out.len, gv_seal_padded(out.len));
		assert_int_equal(read_value(&values[i].object), 0);
		assert_true(gv_secret_is(&out, values[i].p, values[i].len));
	}
}

static void
lengths_go_up_to_few_steps(void **state)
{
	size_t n, before = 0, steps = 0;

	(void)state;
	assert_int_equal(gv_seal_padded(0), 0);
	assert_int_equal(gv_seal_padded(1), 64);
	assert_int_equal(gv_seal_padded(64), 64);
	assert_int_equal(gv_seal_padded(65), 256);
	assert_int_equal(gv_seal_padded(257), 1024);
	assert_int_equal(gv_seal_padded(1024), 1024);
	assert_int_equal(gv_seal_padded(1025), 1075);
	for (n = 1025; n < 400000; n++) {
		size_t up = gv_seal_padded(n);

		assert_true(up >= n && up <= n + n / 20);
		assert_int_equal(gv_seal_padded(up), up);
		steps += up != before;
		before = up;
	}
	assert_true(steps < 130);
}

static void
equal_values_are_sealed_once(void **state)
{
	struct gv_seal_value values[] = { { .p = "one", .len = 3 },
		{ .p = "two", .len = 3 }, { .p = "one", .len = 3 },
		{ .p = "one", .len = 3 } };
	struct gv_seal_value again[2] = { { .p = "three", .len = 5 },
		{ .p = "two", .len = 3 } };

	(void)state;
	assert_int_equal(gv_seal_run(&seal, values, 4), 0);
	assert_int_equal(store.n, 2);
	assert_int_equal(store.asked, 2);
	assert_true(gv_oid_equal(&values[0].object, &values[3].object));
	assert_true(gv_digest_equal(&values[0].id, &values[2].id));
	assert_true(values[0].is_new && values[2].is_new);
	assert_int_equal(gv_seal_run(&seal, again, 2), 0);
	assert_int_equal(store.n, 3);
	assert_true(again[0].is_new && !again[1].is_new);
	assert_true(gv_oid_equal(&values[1].object, &again[1].object));
	/* in another scope it is another value */
	seal.scope = "dev";
	assert_int_equal(gv_seal_run(&seal, again, 1), 0);
	assert_int_equal(store.n, 4);
	assert_true(again[0].is_new);
	seal.find = NULL;
	assert_int_equal(gv_seal_run(&seal, again, 1), 0);
	assert_int_equal(store.n, 5);
}

static void
a_change_in_a_large_value_costs_its_chunks(void **state)
{
	unsigned char *p = make(4000000, 9);
	struct gv_seal_value value = { .p = p, .len = 4000000 };
	struct gv_digest id;
	size_t before;

	(void)state;
	assert_int_equal(gv_seal_run(&seal, &value, 1), 0);
	id = value.id;
	before = store.n;
	assert_int_equal(gv_seal_run(&seal, &value, 1), 0);
	assert_true(!value.is_new && gv_digest_equal(&id, &value.id));
	p[2000000] ^= 1;
	assert_int_equal(gv_seal_run(&seal, &value, 1), 0);
	assert_true(value.is_new && !gv_digest_equal(&id, &value.id));
	assert_true(store.n > before && store.n <= before + 3);
	close_pack(&store);
	assert_int_equal(read_value(&value.object), 0);
	assert_true(gv_secret_is(&out, p, 4000000));
	free(p);
}

struct source {
	const unsigned char *p;
	size_t len;
	uint64_t seed;
	int fails;
};

/* Some bytes, seldom as many as are asked for. */
static int64_t
give(void *ctx, void *data, size_t len)
{
	struct source *from = ctx;
	size_t n = next_number(&from->seed) % 300000 + 1;

	if (from->fails && from->len < 1000000)
		return from->fails;
	n = n < len ? n : len;
	n = n < from->len ? n : from->len;
	if (n)
		memcpy(data, from->p, n);
	from->p += n;
	from->len -= n;
	return (int64_t)n;
}

/* Also where chunks are the same far behind each other. */
static void
a_stream_becomes_what_its_bytes_become(void **state)
{
	static const size_t sizes[] = { 0, 40, 262144, 262145, 4194304, 4194305,
		9000000, 20000000 };
	struct gv_seal_value value, same;
	struct source from;
	unsigned char *p = make(20000000, 11);
	size_t i, n;

	(void)state;
	memset(p + 10000000, 0, 9000000);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		store.n = 0;
		from = (struct source){ p, sizes[i], i, 0 };
		assert_int_equal(gv_seal_stream(&seal, &value, give, &from), 0);
		assert_int_equal(value.len, sizes[i]);
		assert_true(value.is_new);
		n = store.n;
		same = (struct gv_seal_value){ .p = p, .len = sizes[i] };
		assert_int_equal(gv_seal_run(&seal, &same, 1), 0);
		assert_int_equal(store.n, n);
		assert_true(!same.is_new);
		assert_true(gv_digest_equal(&value.id, &same.id));
		assert_true(gv_oid_equal(&value.object, &same.object));
	}
	/* of the zeros one is sealed, at most three with what stands beside
	 * them */
	assert_true(store.n > 100 && store.n < 250);
	close_pack(&store);
	assert_int_equal(read_value(&value.object), 0);
	assert_true(gv_secret_is(&out, p, 20000000));
	free(p);
}

static void
a_stream_that_breaks_off_is_no_value(void **state)
{
	unsigned char *p = make(6000000, 12);
	struct source from = { p, 6000000, 1, GV_ECANCELED };
	struct gv_seal_value value;

	(void)state;
	assert_int_equal(
	    gv_seal_stream(&seal, &value, give, &from), GV_ECANCELED);
	seal.n_to = 0;
	assert_int_equal(
	    gv_seal_stream(&seal, &value, give, &from), GV_EREFUSED);
	free(p);
}

static void
threads_change_nothing(void **state)
{
	struct gv_seal_value values[300];
	unsigned char *p = make(300 * 50, 3);
	size_t i, n;
	int threads;

	(void)state;
	/* every third one twice */
	for (i = 0; i < 300; i++)
		values[i] =
		    (struct gv_seal_value){ .p = p + 50 * (i - i % 3 / 2),
			    .len = 40 };
	for (threads = 1; threads < 9; threads *= 2) {
		seal.threads = threads;
		store.n = 0;
		assert_int_equal(gv_seal_run(&seal, values, 300), 0);
		assert_int_equal(store.n, 200);
	}
	n = store.n;
	assert_int_equal(gv_seal_run(&seal, values, 300), 0);
	assert_int_equal(store.n, n);
	close_pack(&store);
	for (i = 0; i < 300; i++) {
		assert_int_equal(read_value(&values[i].object), 0);
		assert_true(gv_secret_is(&out, values[i].p, 40));
	}
	free(p);
}

static void
no_byte_of_a_value_is_in_an_object(void **state)
{
	static const char canary[] = "a canary of a value in clear";
	unsigned char *p = make(5000, 4);
	struct gv_seal_value values[] = { { .p = canary, .len = 28 },
		{ .p = p, .len = 5000 } };
	size_t at;

	(void)state;
	memcpy(p + 3000, canary, 28);
	assert_int_equal(gv_seal_run(&seal, values, 2), 0);
	assert_true(store.all.len > 5000);
	for (at = 0; at + 12 <= 28; at++)
		assert_null(
		    memmem(store.all.p, store.all.len, canary + at, 12));
	free(p);
}

/* ---- what goes wrong ---- */

static void
recipients_that_cannot_be_are_refused(void **state)
{
	struct gv_recipient bad = GV_RECIPIENT_INIT;
	const struct gv_recipient *both[] = { &to, &bad };
	struct gv_seal_value value = { .p = "one", .len = 3 };

	(void)state;
	seal.n_to = 0;
	assert_int_equal(gv_seal_run(&seal, &value, 1), GV_EREFUSED);
	assert_message("nobody to seal the values of prod for");
	seal.to = both;
	seal.n_to = 2;
	assert_int_equal(gv_recipient_passphrase(&bad, "words", 5, 10), 0);
	assert_int_equal(gv_seal_run(&seal, &value, 1), GV_EREFUSED);
	assert_message("with a passphrase");
	gv_recipient_release(&bad);
	bad.kind = GV_RECIPIENT_PLUGIN;
	bad.plugin = strdup("yubikey");
	bad.text = strdup("age1yubikey1abc");
	assert_int_equal(gv_seal_run(&seal, &value, 1), GV_EREFUSED);
	assert_message("age-plugin-yubikey");
	gv_recipient_release(&bad);
	assert_int_equal(store.n, 0);
}

static void
what_a_call_says_ends_it(void **state)
{
	struct gv_seal_value values[100];
	unsigned char bytes[100];
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		bytes[i] = (unsigned char)i;
		values[i] = (struct gv_seal_value){ .p = bytes + i, .len = 1 };
	}
	seal.threads = 4;
	store.fails = GV_ELOCKED;
	assert_int_equal(gv_seal_run(&seal, values, 100), GV_ELOCKED);
	store.fails = 0;
	store.fails_now = GV_ECORRUPT;
	assert_int_equal(gv_seal_run(&seal, values, 100), GV_ECORRUPT);
	assert_int_equal(store.n, 0);
	store.fails_now = 0;
	assert_int_equal(gv_seal_run(&seal, values, 0), 0);
	assert_int_equal(gv_seal_run(&seal, values, 100), 0);
	assert_int_equal(store.n, 100);
}

static void
who_has_no_key_is_told(void **state)
{
	struct gv_seal_value value = { .p = "one", .len = 3 };

	(void)state;
	assert_int_equal(gv_seal_run(&seal, &value, 1), 0);
	close_pack(&store);
	with[0] = &other;
	assert_int_equal(read_value(&value.object), GV_ENOKEY);
	assert_message("encrypted secret ");
	with[0] = &ours;
	assert_int_equal(read_value(&value.object), 0);
	value.object.id[0] ^= 1;
	assert_int_equal(read_value(&value.object), GV_ENOTFOUND);
}

/* Two chunks of a tree change places. */
static void
swap_chunks(struct gv_oid *swapped, const struct gv_oid *tree)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, tree);
	sh(store.s,
	    "g=$(git ls-tree %s | head -n 1 | cut -c 13-52) && "
	    "t=$(git ls-tree $g | sed '1s/0000$/0001/;2s/0001$/0000/' | "
	    "git mktree) && "
	    "git ls-tree %s | sed \"1s/$g/$t/\" | git mktree",
	    hex, hex);
	*swapped = oid_of_output(store.s);
}

static void
what_is_not_the_value_that_was_named_is_refused(void **state)
{
	unsigned char *p = make(1000000, 6);
	struct gv_seal_value values[] = { { .p = "one", .len = 3 },
		{ .p = "two", .len = 3 }, { .p = p, .len = 1000000 } };
	struct gv_seal_claim claim = { key, "prod", &values[0].id, 0 };
	struct gv_oid swapped;
	size_t i;

	(void)state;
	assert_int_equal(gv_seal_run(&seal, values, 3), 0);
	close_pack(&store);
	swap_chunks(&swapped, &values[2].object);
	assert_int_equal(gv_odb_refresh(store.odb), 0);
	for (i = 0; i < 3; i++) {
		claim.id = &values[i].id;
		assert_int_equal(read_claimed(&values[i].object, &claim), 0);
	}
	assert_int_equal(read_value(&swapped), 0);
	assert_int_equal(read_claimed(&swapped, &claim), GV_ECORRUPT);
	assert_message("its value does not match its id:");
	claim.id = &values[0].id;
	assert_int_equal(read_claimed(&values[1].object, &claim), GV_ECORRUPT);
	assert_int_equal(read_claimed(&values[2].object, &claim), GV_ECORRUPT);
	claim.scope = "dev";
	assert_int_equal(read_claimed(&values[0].object, &claim), GV_ECORRUPT);
	/* what is not what it claims to be is not given out, where that is
	 * known before */
	assert_int_equal(out.len, 0);
	free(p);
}

static void
any_key_of_a_claim_may_have_named_the_value(void **state)
{
	unsigned char *p = make(1000000, 6), keys[3 * GV_DIGEST_KEY];
	struct gv_seal_value values[] = { { .p = "one", .len = 3 },
		{ .p = p, .len = 1000000 } };
	struct gv_seal_claim claim = { keys, "prod", NULL, 3 };
	size_t i, at;

	(void)state;
	assert_int_equal(gv_seal_run(&seal, values, 2), 0);
	close_pack(&store);
	for (at = 0; at < 3; at++) {
		memset(keys, 7, sizeof(keys));
		memcpy(keys + at * GV_DIGEST_KEY, key, GV_DIGEST_KEY);
		for (i = 0; i < 2; i++) {
			claim.id = &values[i].id;
			assert_int_equal(
			    read_claimed(&values[i].object, &claim), 0);
			claim.id = &values[!i].id;
			assert_int_equal(
			    read_claimed(&values[i].object, &claim),
			    GV_ECORRUPT);
		}
	}
	/* only so many count */
	claim.n_keys = 2;
	for (i = 0; i < 2; i++) {
		claim.id = &values[i].id;
		assert_int_equal(
		    read_claimed(&values[i].object, &claim), GV_ECORRUPT);
	}
	free(p);
}

/* A value that somebody else made: 1 GB of nothing, or damaged. */
static void
what_gzip_makes_too_much_of_is_refused(void **state)
{
	struct gv_member *m = gv_member_new();
	struct gv_seal_reader *reader = NULL;
	struct gv_buf file = GV_BUF_INIT;
	unsigned char *zeros = calloc(1, 300000), packed[2000];
	size_t used;

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(gv_seal_reader_new(&reader, with, 1), 0);
	assert_int_equal(gv_secret_add(&out, "before", 6), 0);
	assert_int_equal(
	    gv_member_pack(m, packed, sizeof(packed), &used, zeros, 300000), 0);
	assert_int_equal(gv_age_seal(&file, to_all, 1, packed, used), 0);
	assert_int_equal(
	    gv_seal_open(reader, &out, file.p, file.len), GV_ECORRUPT);
	assert_message("claims 300000 bytes");
	gv_buf_reset(&file);
	packed[used - 1] = packed[used - 2] = 0; /* so it says less */
	assert_int_equal(gv_age_seal(&file, to_all, 1, packed, used), 0);
	assert_int_equal(
	    gv_seal_open(reader, &out, file.p, file.len), GV_ECORRUPT);
	file.p[file.len - 1] ^= 1;
	assert_int_equal(
	    gv_seal_open(reader, &out, file.p, file.len), GV_ECORRUPT);
	assert_true(gv_secret_is(&out, "before", 6));
	gv_buf_release(&file);
	gv_seal_reader_free(reader);
	gv_seal_reader_free(NULL);
	gv_member_free(m);
	free(zeros);
}

static void
many_values_go_into_one_secret(void **state)
{
	struct gv_seal_value values[] = { { .p = "one", .len = 3 },
		{ .p = "two", .len = 3 } };
	struct gv_seal_reader *reader = NULL;
	struct gv_object o;
	size_t i;

	(void)state;
	assert_int_equal(gv_seal_run(&seal, values, 2), 0);
	close_pack(&store);
	assert_int_equal(gv_seal_reader_new(&reader, with, 1), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    gv_odb_read(store.odb, &o, &values[i].object), 0);
		assert_int_equal(gv_seal_open(reader, &out, o.data, o.len), 0);
		gv_object_release(&o);
	}
	assert_true(gv_secret_is(&out, "onetwo", 6));
	gv_seal_reader_free(reader);
}

static int
read_once(const struct gv_oid *object)
{
	int r;

	gv_secret_release(&out);
	r = read_value(object);
	if (r < 0)
		gv_secret_release(&out);
	return r;
}

static void
memory_that_is_not_there_is_said(void **state)
{
	unsigned char *p = make(2000, 5);
	struct gv_seal_value value = { .p = p, .len = 2000 };
	int r;

	(void)state;
	LOCKED_RUNS_OUT(r = gv_seal_run(&seal, &value, 1));
	close_pack(&store);
	LOCKED_RUNS_OUT(r = read_once(&value.object));
	assert_true(gv_secret_is(&out, p, 2000));
	free(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT(seal)
{
	const struct CMUnitTest tests[] = {
		TEST(values_of_all_sizes_come_back),
		TEST(threads_seal_what_was_begun),
		TEST(all_values_are_padded_in_a_gzip_file),
		TEST(lengths_go_up_to_few_steps),
		TEST(equal_values_are_sealed_once),
		TEST(a_change_in_a_large_value_costs_its_chunks),
		TEST(a_stream_becomes_what_its_bytes_become),
		TEST(a_stream_that_breaks_off_is_no_value),
		TEST(threads_change_nothing),
		TEST(no_byte_of_a_value_is_in_an_object),
		TEST(recipients_that_cannot_be_are_refused),
		TEST(what_a_call_says_ends_it),
		TEST(who_has_no_key_is_told),
		TEST(what_is_not_the_value_that_was_named_is_refused),
		TEST(any_key_of_a_claim_may_have_named_the_value),
		TEST(what_gzip_makes_too_much_of_is_refused),
		TEST(many_values_go_into_one_secret),
		TEST(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
