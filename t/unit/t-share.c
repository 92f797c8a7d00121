#include "unit.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/share.h"
#include "unit/locked.h"

#define MOST 8

static const char words[] = "a secret of ours";

static struct gv_secret secret;
static struct gv_secret shares[255];
static struct gv_secret some[MOST];

static int
begin(void **state)
{
	(void)state;
	return gv_secret_add(&secret, words, strlen(words));
}

static int
end(void **state)
{
	size_t i;

	for (i = 0; i < 255; i++)
		gv_secret_release(&shares[i]);
	gv_secret_release(&secret);
	return locked_all_back(state);
}

static void
drop_shares(unsigned n)
{
	while (n > 0)
		gv_secret_release(&shares[--n]);
}

static unsigned
count(unsigned set)
{
	unsigned n = 0;

	for (; set; set >>= 1)
		n += set & 1;
	return n;
}

/* Views of the shares that a bit is set for. */
static size_t
choose(unsigned set)
{
	size_t n = 0, i;

	for (i = 0; i < MOST; i++)
		if (set >> i & 1)
			some[n++] = shares[i];
	return n;
}

/* Every k of every n up to eight, and every subset of them. */
static void
enough_shares_give_it_back_and_fewer_do_not(void **state)
{
	struct gv_secret out = GV_SECRET_INIT;
	unsigned n, k, set;

	(void)state;
	for (n = 2; n <= MOST; n++)
		for (k = 2; k <= n; k++) {
			assert_int_equal(
			    gv_share_split(shares, n, k, &secret), 0);
			for (set = 0; set < 1U << n; set++) {
				int r = gv_share_join(&out, some, choose(set));

				assert_int_equal(
				    r, count(set) < k ? GV_ENOKEY : 0);
				assert_true(gv_secret_is(
				    &out, words, r == 0 ? strlen(words) : 0));
				gv_secret_reset(&out);
			}
			drop_shares(n);
		}
	gv_secret_release(&out);
}

/* Made by a program that multiplies by tables of logarithms: any three of these
 * four. */
static void
gives_what_another_program_shared(void **state)
{
	static const char *const all[] = {
		"0301746573746f7ae92b6548efb23ea5ecde69bfe8b5ed6abab8e8a695a0"
		"e90da1ec53bdbd90",
		"03027465737463f3c84114343b65f2a16d14d32e4af21a952d5fa2f7973a"
		"e5a9adcb3f4c845a",
		"0305746573741340e2b57c0c0cbe143dead7fc74c4f4bd09f3256b7ab458"
		"4239a427046c3dd2",
		"03ff746573749ddf850cfe19e48e104e1e2182290a6e4eb5537fa61ae90e"
		"7ed6b3f7cf9ffcab"
	};
	struct gv_secret out = GV_SECRET_INIT;
	unsigned char bytes[38];
	unsigned set;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(strlen(all[i]), 2 * sizeof(bytes));
		assert_int_equal(gv_enc_unhex(bytes, all[i], sizeof(bytes)), 0);
		assert_int_equal(
		    gv_secret_add(&shares[i], bytes, sizeof(bytes)), 0);
	}
	for (set = 0; set < 16; set++) {
		if (count(set) < 3)
			continue;
		assert_int_equal(gv_share_join(&out, some, choose(set)), 0);
		assert_true(gv_secret_is(&out, words, strlen(words)));
		gv_secret_reset(&out);
	}
	gv_secret_release(&out);
}

static void
shares_that_do_not_belong_together_are_found(void **state)
{
	struct gv_secret out = GV_SECRET_INIT;
	struct gv_secret pair[2];
	size_t i;

	(void)state;
	assert_int_equal(gv_share_split(shares, 3, 2, &secret), 0);
	assert_int_equal(gv_share_split(shares + 3, 3, 2, &secret), 0);
	pair[0] = shares[0];
	pair[1] = shares[4];
	assert_int_equal(gv_share_join(&out, pair, 2), GV_ECORRUPT);
	assert_message("number 2");
	/* also where somebody made it look so */
	memcpy(shares[4].p + 2, shares[0].p + 2, 4);
	assert_int_equal(gv_share_join(&out, pair, 2), GV_ECORRUPT);
	assert_message("do not belong together");
	pair[1] = shares[0];
	assert_int_equal(gv_share_join(&out, pair, 2), GV_EUSAGE);
	assert_message("twice");
	pair[1] = shares[1];
	for (i = 0; i < shares[1].len; i++) {
		shares[1].p[i] ^= 1;
		assert_true(gv_share_join(&out, pair, 2) < 0);
		shares[1].p[i] ^= 1;
	}
	assert_int_equal(gv_share_join(&out, pair, 2), 0);
	gv_secret_release(&out);
}

/* k - 1 shares are as likely for any secret: of many splittings, each byte of a
 * share takes nearly all values. */
static void
a_share_alone_looks_like_nothing(void **state)
{
	bool seen[256] = { false };
	size_t i, values = 0;

	(void)state;
	for (i = 0; i < 2000; i++) {
		assert_int_equal(gv_share_split(shares, 2, 2, &secret), 0);
		seen[shares[0].p[6]] = true;
		drop_shares(2);
	}
	for (i = 0; i < 256; i++)
		values += seen[i];
	assert_true(values > 240);
}

static void
comes_back_from_its_text(void **state)
{
	struct gv_secret text = GV_SECRET_INIT, back = GV_SECRET_INIT;
	size_t i;

	(void)state;
	assert_int_equal(gv_share_split(shares, 255, 255, &secret), 0);
	assert_int_equal(gv_share_format(&text, &shares[254]), 0);
	assert_memory_equal(text.p, "GIT-VAULT-SHARE-1", 17);
	assert_int_equal(gv_share_parse(&back, (char *)text.p, text.len), 0);
	assert_true(gv_secret_is(&back, shares[254].p, shares[254].len));
	for (i = 0; i < text.len; i++)
		text.p[i] |= 0x20 & (text.p[i] >= 'A' ? 0xff : 0);
	assert_int_equal(gv_share_parse(&back, (char *)text.p, text.len), 0);
	text.p[30] ^= 1;
	assert_int_equal(
	    gv_share_parse(&back, (char *)text.p, text.len), GV_ECORRUPT);
	assert_int_equal(gv_share_parse(&back,
			     "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye"
			     "869xeexvn73equnujwj",
			     62),
	    GV_ECORRUPT);
	gv_secret_release(&text);
	gv_secret_release(&back);
}

static void
odd_numbers_are_refused(void **state)
{
	struct gv_secret none = GV_SECRET_INIT, out = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_share_split(shares, 2, 1, &secret), GV_EUSAGE);
	assert_int_equal(gv_share_split(shares, 2, 3, &secret), GV_EUSAGE);
	assert_int_equal(gv_share_split(shares, 256, 3, &secret), GV_EUSAGE);
	assert_int_equal(gv_share_split(shares, 3, 2, &none), GV_EUSAGE);
	assert_int_equal(gv_share_join(&out, shares, 0), GV_ENOKEY);
	assert_int_equal(gv_share_join(&out, &secret, 1), GV_ECORRUPT);
}

static void
memory_that_is_not_there_is_said(void **state)
{
	struct gv_secret out = GV_SECRET_INIT, text = GV_SECRET_INIT;
	int r;

	(void)state;
	LOCKED_RUNS_OUT(r = gv_share_split(shares, 5, 3, &secret));
	LOCKED_RUNS_OUT(r = gv_share_join(&out, shares, 5));
	assert_true(gv_secret_is(&out, words, strlen(words)));
	LOCKED_RUNS_OUT(r = gv_share_format(&text, &shares[0]));
	gv_secret_release(&out);
	LOCKED_RUNS_OUT(r = gv_share_parse(&out, (char *)text.p, text.len));
	gv_secret_release(&out);
	gv_secret_release(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

UNIT(share)
{
	const struct CMUnitTest tests[] = {
		TEST(enough_shares_give_it_back_and_fewer_do_not),
		TEST(gives_what_another_program_shared),
		TEST(shares_that_do_not_belong_together_are_found),
		TEST(a_share_alone_looks_like_nothing),
		TEST(comes_back_from_its_text),
		TEST(odd_numbers_are_refused),
		TEST(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
