#include "scan/value.h"

#include <stdint.h>
#include <string.h>

#include "lex/ascii.h"
#include "scan/value_internal.h"

#define MINISIGN_LEN 56 /* of a public key */
#define SHORT        96 /* bytes; they are cleared as soon as a whole table */
#define COUNTED_MIN  12 /* bytes of a text whose entropy is mostly asked for */

#define BIT GV_VALUE_BIT

#define O           GV_VALUE_HAS_OTHER
#define L           GV_VALUE_HAS_LOWER
#define U           GV_VALUE_HAS_UPPER
#define D           GV_VALUE_HAS_DIGIT
#define P           GV_VALUE_HAS_DOT
#define S           GV_VALUE_HAS_SLASH
#define M           GV_VALUE_HAS_MARK
#define J           GV_VALUE_HAS_JOINT
#define H           (GV_VALUE_HAS_OTHER | GV_VALUE_HAS_HIGH)
#define B           (GV_VALUE_HAS_OTHER | GV_VALUE_HAS_BLANK)
#define ROW_OF_HIGH H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H

/* clang-format off */
const unsigned short gv_value_bits[256] = {
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	B, O, M, M, M, M, O, O, M, O, O, O, O, J, P, S,
	D, D, D, D, D, D, D, D, D, D, J, O, M, O, O, O,
	M, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
	U, U, U, U, U, U, U, U, U, U, U, M, O, O, M, J,
	O, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, L, L, L, L, L, L, L, L, L, L, M, O, O, O, O,
	ROW_OF_HIGH, ROW_OF_HIGH, ROW_OF_HIGH, ROW_OF_HIGH,
	ROW_OF_HIGH, ROW_OF_HIGH, ROW_OF_HIGH, ROW_OF_HIGH,
};
/* clang-format on */

static bool
is_hex(char ch)
{
	return gv_ascii_is_digit(ch) ||
	    (gv_ascii_small(ch) >= 'a' && gv_ascii_small(ch) <= 'f');
}

static bool
holds(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (begins(p + i, len - i, word))
			return true;
	return false;
}

/* `words` are those for the last five bits of the first byte, the others behind
 * it: most values have none. */
static bool
begins_any(const char *p, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (begins(p, len, *words))
			return true;
	return false;
}

/* The logarithm to base 2 of n, which is not 0: n is 2^e * m with m around 1,
 * and ln m a series of (m - 1) / (m + 1). It needs no library of its own. */
static double
log2_of(size_t n)
{
	/* of the lengths that most values have, by what follows */
	static const double few[] = { 0, 0, 1, 1.584962500721156, 2,
		2.321928094887362, 2.584962500721156, 2.807354922057604, 3,
		3.169925001442312, 3.321928094887362, 3.4594316186372973,
		3.584962500721156, 3.700439718141092, 3.807354922057604,
		3.9068905956085187, 4, 4.087462841250339, 4.169925001442312,
		4.247927513443585, 4.321928094887363, 4.392317422778761,
		4.459431618637297, 4.523561956057013, 4.584962500721156,
		4.643856189774724, 4.700439718141093, 4.754887502163468,
		4.807354922057604, 4.857980995127572, 4.906890595608519,
		4.954196310386875, 5 };
	static const double two_by_ln2 = 2.8853900817779268;
	static const double parts[] = { 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
		1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0 };
	int e = 63 - __builtin_clzll(n);
	double m = (double)n / (double)(1ULL << e), s, square, sum = 0;
	size_t i;

	if (n < sizeof(few) / sizeof(few[0]))
		return few[n];
	if (m > 1.4142135623730951) {
		m /= 2;
		e++;
	}
	s = (m - 1) / (m + 1);
	square = s * s;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum = sum * square + parts[i];
	return e + two_by_ln2 * s * sum;
}

/* n log2 n; of what stands there a few times, which is nearly all. */
static double
weight(unsigned n)
{
	static const double few[] = { 0, 0, 2, 4.754887502163468, 8,
		11.60964047443681, 15.509775004326936, 19.651484454403228, 24 };

	return n < sizeof(few) / sizeof(few[0]) ? few[n] : n * log2_of(n);
}

static size_t
without_ends(const char *p, size_t len)
{
	while (len && gv_ascii_is_eol(p[len - 1]))
		len--;
	return len;
}

double
gv_value_entropy(const char *p, size_t len)
{
	unsigned char order[256 + 1]; /* one more is written */
	unsigned count[256];
	size_t i, n = 0;
	double sum = 0;

	len = without_ends(p, len);

	/* of a short one most bytes are other bytes */
	if (len < SHORT)
		for (i = 0; i < len; i++)
			count[(unsigned char)p[i]] = 0;
	else
		memset(count, 0, sizeof(count));
	for (i = 0; i < len; i++) {
		order[n] = (unsigned char)p[i];
		n += count[order[n]]++ == 0;
	}
	for (i = 0; i < n; i++)
		sum += weight(count[order[i]]);
	return len ? log2_of(len) - sum / (double)len : 0;
}

#define SHARED 64 /* with other bytes */

/* For each byte a bit of 64: of base 64 each has its own. */
/* clang-format off */
static const unsigned char slots[256] = {
	64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81,
	82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99,
	100, 101, 102, 103, 104, 105, 106, 62, 108, 109, 110, 63, 52, 53, 54,
	55, 56, 57, 58, 59, 60, 61, 122, 123, 124, 125, 126, 127, 64, 0, 1, 2,
	3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	22, 23, 24, 25, 91, 92, 93, 94, 95, 96, 26, 27, 28, 29, 30, 31, 32, 33,
	34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
	123, 124, 125, 126, 127, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
	75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92,
	93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107,
	108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
	122, 123, 124, 125, 126, 127, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73,
	74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91,
	92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107,
	108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
	122, 123, 124, 125, 126, 127,
};
/* clang-format on */

/* How many bytes are there that differ, or fewer where *is_exact is false. */
static unsigned char
count_distinct(bool *is_exact, const char *p, size_t len)
{
	uint64_t seen = 0;
	unsigned any = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		const unsigned slot = slots[(unsigned char)p[i]];

		any |= slot;
		seen |= 1ULL << (slot & (SHARED - 1));
	}
	*is_exact = !(any & SHARED);
	return (unsigned char)gv_letters_count(seen);
}

/* It has least where one byte takes what the others leave, and most where all
 * come equally often. */
bool
gv_value_has_entropy(
    const struct gv_value *v, const char *p, size_t len, double least)
{
	static const double inexact = 1e-9;
	bool is_exact;
	size_t n;

	len = without_ends(p, len);
	if (len > 0 && len < SHORT) {
		is_exact = v && v->is_exact;
		n = v && v->distinct ? v->distinct
				     : count_distinct(&is_exact, p, len);
		if (log2_of(len) -
			weight((unsigned)(len - n + 1)) / (double)len >
		    least + inexact)
			return true;
		if (is_exact && log2_of(n) < least - inexact)
			return false;
	}
	return gv_value_entropy(p, len) >= least;
}

/* What is said instead of nothing, by the last five bits of its first byte. */
static const char *const nothings[32][7] = {
	['a' & 31] = { "auto" },
	['b' & 31] = { "bool", "boolean", "\"\"" },
	['d' & 31] = { "disabled", "default" },
	['e' & 31] = { "enabled", "empty" },
	['f' & 31] = { "false" },
	['i' & 31] = { "int" },
	['m' & 31] = { "-" },
	['n' & 31] = { "no", "null", "nil", "none", "n/a", "na" },
	['o' & 31] = { "on", "off", "object", "optional" },
	['r' & 31] = { "required" },
	['s' & 31] = { "string", "str", "stdin", "stdout", "stderr" },
	['t' & 31] = { "true" },
	['u' & 31] = { "undefined", "unset", "unknown" },
	['v' & 31] = { "void" },
	['y' & 31] = { "yes" },
	['{' & 31] = { "{}", "[]" },
	['\'' & 31] = { "''" },
	['~' & 31] = { "~" },
};

static bool
is_empty(const char *p, size_t len)
{
	/* ``password: false``. $x = false; */
	while (len &&
	    (p[len - 1] == '`' || p[len - 1] == '.' || p[len - 1] == ';'))
		len--;
	return len == 0 || (len <= 9 && is_any(p, len, nothings[p[0] & 31]));
}

/* --- what is not in clear --- */

/* ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]: all of it, not a mention. */
static bool
is_sops(const char *p, size_t len)
{
	return len > 40 && begins(p, len, "enc[aes256_gcm,data:") &&
	    p[len - 1] == ']' && holds(p, len, ",iv:") &&
	    holds(p, len, ",tag:");
}

/* ENC[GPG,…], ENC[PKCS7,…]: of what hiera-eyaml encrypts with. */
static bool
is_eyaml(const char *p, size_t len)
{
	size_t i = 4;

	if (!begins(p, len, "enc["))
		return false;
	while (i < len && (gv_ascii_is_alnum(p[i]) || p[i] == '_'))
		i++;
	return i > 5 && i < len && p[i] == ',';
}

/* v1:SALT:v1:NONCE:CIPHERTEXT, by which Pulumi checks a passphrase. */
static bool
is_pulumi(const char *p, size_t len)
{
	return begins(p, len, "v1:") && holds(p, len, ":v1:");
}

/* Of a SealedSecret, whose name may stand far above: base 64 that begins with
 * the length of a key of RSA, 2 and 0. */
static bool
is_sealed(const char *p, size_t len)
{
	size_t i;

	if (len < 300 || p[0] != 'A' || p[1] != 'g')
		return false;
	while (p[len - 1] == '=')
		len--;
	for (i = 2; i < len; i++)
		if (!gv_ascii_is_alnum(p[i]) && p[i] != '+' && p[i] != '/')
			return false;
	return true;
}

/* What ciphertext begins with, by the last five bits of the first byte, as all
 * of these. */
static const char *const ciphertexts[32][3] = {
	['!' & 31] = { "!vault", "aqicah" },
	['c' & 31] = { "ciphertext:" },
	['$' & 31] = { "$ansible_vault;" },
	['e' & 31] = { "enc(", "enc:v1:" },
	['g' & 31] = { "gitvault[" },
	['-' & 31] = { "-----begin age encrypted file",
	    "-----begin pgp message" },
	['p' & 31] = { "pkcs7[" },
	['v' & 31] = { "vault:v" },
	['{' & 31] = { "{cipher}" },
};

static bool
is_ciphertext(const char *p, size_t len)
{
	return is_sops(p, len) || is_sealed(p, len) || is_pulumi(p, len) ||
	    is_eyaml(p, len) || begins_any(p, len, ciphertexts[p[0] & 31]);
}

/* A public key of minisign, RW and 40 more bytes in base 64; a secret one has
 * 158. */
static bool
is_minisign(const char *p, size_t len)
{
	size_t i = 0;

	if (len != MINISIGN_LEN || p[0] != 'R' || p[1] != 'W')
		return false;
	while (
	    i < len && (gv_ascii_is_alnum(p[i]) || p[i] == '+' || p[i] == '/'))
		i++;
	return i == len;
}

static const char *const publics[32][6] = {
	['a' & 31] = { "age1", "aaaab3nzac1", "aaaac3nzac1lzdi1",
	    "aaaae2vjzhnh" },
	['e' & 31] = { "ecdsa-sha2-" },
	['-' & 31] = { "-----begin public key", "-----begin rsa public key",
	    "-----begin certificate", "-----begin pgp public",
	    "-----begin ssh2 public" },
	['p' & 31] = { "pk_live_", "pk_test_" },
	['s' & 31] = { "ssh-rsa ", "ssh-ed25519 " },
};

static bool
is_public(const char *p, size_t len)
{
	return is_minisign(p, len) || begins_any(p, len, publics[p[0] & 31]);
}

/* Whether the rest from `at` on is hexadecimal, as many digits as a digest has
 * at least. */
static bool
is_hex_to_end(const char *p, size_t len, size_t at)
{
	const size_t from = at;

	while (at < len && is_hex(p[at]))
		at++;
	return at == len && len - from >= 32;
}

/* md5$salt$…, sha1$salt$… of Django, and MySQL's: a star and a SHA-1 in
 * capitals. */
static bool
is_salted(const char *p, size_t len)
{
	const char *salt, *digest;
	size_t i;

	if (len == 41 && p[0] == '*') {
		for (i = 1; i < len && !gv_ascii_is_lower(p[i]); i++)
			;
		return i == len && is_hex_to_end(p, len, 1);
	}
	if (!begins(p, len, "md5$") && !begins(p, len, "sha"))
		return false;
	salt = memchr(p, '$', len);
	if (salt == NULL || salt - p > 6)
		return false;
	digest = memchr(salt + 1, '$', len - (size_t)(salt + 1 - p));
	return digest && is_hex_to_end(p, len, (size_t)(digest + 1 - p));
}

static const char *const hashes[32][12] = {
	['b' & 31] = { "bcrypt_sha" },
	['$' & 31] = { "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$",
	    "$y$", "$apr1$", "$argon2", "$pbkdf2" },
	['p' & 31] = { "pbkdf2_sha", "pbkdf2:" },
	['s' & 31] = { "scram-sha-", "scrypt:" },
	['{' & 31] = { "{sha}", "{ssha", "{md5}", "{smd5}", "{crypt}",
	    "{bcrypt}", "{pbkdf2" },
};

static bool
is_hash(const char *p, size_t len)
{
	return len > 12 &&
	    (begins_any(p, len, hashes[p[0] & 31]) || is_salted(p, len));
}

/* user:$2y$…, a line of htpasswd. */
static bool
is_account(const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len);

	return colon && is_hash(colon + 1, len - (size_t)(colon + 1 - p));
}

static bool
is_uuid(const char *p, size_t len)
{
	size_t i;

	if (len != 36)
		return false;
	for (i = 0; i < len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-'
							    : !is_hex(p[i]))
			return false;
	return true;
}

static const char *const digests[32][9] = {
	['b' & 31] = { "blake2b:", "blake3:" },
	['h' & 31] = { "h1:" },
	['m' & 31] = { "md5:" },
	['s' & 31] = { "sha1:", "sha256:", "sha384:", "sha512:", "sha1-",
	    "sha256-", "sha384-", "sha512-" },
};

static bool
is_digest(const char *p, size_t len)
{
	return begins_any(p, len, digests[p[0] & 31]);
}

/* Also addresses, ports, dates and versions. */
static bool
is_number(const char *p, size_t len)
{
	size_t i;

	bool is_time = len >= 19 && p[4] == '-' && p[10] == 'T';

	for (i = 0; i < len; i++)
		if (!gv_ascii_is_digit(p[i]) &&
		    (p[i] == '\0' || !strchr("._/:-+,%", p[i])) &&
		    !(is_time && (i == 10 || (p[i] == 'Z' && i + 1 == len))))
			return false;
	return len > 0;
}

/* Several words, most of them of letters; of a sentence fewer: "8-128 letters,
 * at least 1 number". */
static bool
is_prose(const char *p, size_t len)
{
	size_t i, words = 1, letters = 0;

	for (i = 0; i < len; i++) {
		words += p[i] == ' ' && i + 1 < len && p[i + 1] != ' ';
		letters += gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i]) ||
		    (p[i] & 0x80) || p[i] == ' ' || p[i] == ',' ||
		    p[i] == '.' || p[i] == '\'';
	}
	return (words >= 3 && letters * 10 >= len * 9) ||
	    (words >= 7 && letters * 4 >= len * 3);
}

/* Words that need no blanks, and letters that no keyboard for passwords has: at
 * least half of it is outside of ASCII. */
static bool
is_foreign(const char *p, size_t len)
{
	size_t i, high = 0, digits = 0;

	for (i = 0; i < len; i++) {
		high += (unsigned char)p[i] >> 7;
		digits += gv_ascii_is_digit(p[i]);
	}
	return high >= 4 && high * 2 >= len &&
	    (digits == 0 || high * 4 >= len * 3);
}

static bool
is_joint(char ch)
{
	return ch == '-' || ch == '_' || ch == '.' || ch == ':' || ch == '/';
}

/* Words of letters with '-', '_', '.', ':' or '/' between, at least two, all
 * of one case, a number at the end at most, but for one as "k8s". */
static bool
is_identifier(const char *p, size_t len)
{
	size_t i, word = 0, joints = 0, odd = 0;
	bool lower = false, upper = false;

	for (i = 0; i < len; i++) {
		if (is_joint(p[i])) {
			/* a__b, of two names */
			if (word == 0 && i > 0 &&
			    (p[i] != '_' || p[i - 1] != '_'))
				return false;
			joints++;
			word = 0;
			continue;
		}
		if (gv_ascii_is_digit(p[i])) {
			/* a short number ends a word: db-1, v2 */
			if (word > 0 && len - i > 2 && !gv_ascii_is_digit(p[i]))
				return false;
			word++;
			continue;
		}
		if (!gv_ascii_is_lower(p[i]) && !gv_ascii_is_upper(p[i]))
			return false;
		if (i > 0 && gv_ascii_is_digit(p[i - 1]) &&
		    (word != 2 || odd++))
			return false;
		lower |= gv_ascii_is_lower(p[i]);
		upper |= gv_ascii_is_upper(p[i]);
		word++;
		if (word > 16)
			return false;
	}
	return joints > 0 && word > 0 && lower != upper;
}

static enum gv_value_shape
shape_of(const char *p, size_t len, unsigned bits)
{
	const unsigned joints =
	    GV_VALUE_HAS_JOINT | GV_VALUE_HAS_DOT | GV_VALUE_HAS_SLASH;
	/* what asks for these has no form without any sign in it */
	const unsigned signs = joints | GV_VALUE_HAS_OTHER | GV_VALUE_HAS_MARK;
	bool may_be_marked;

	/* no word for nothing has a digit */
	if (!(bits & GV_VALUE_HAS_DIGIT) && is_empty(p, len))
		return GV_VALUE_EMPTY;
	/* what ciphertext and public keys begin with has a sign in it, or an A;
	 * or it is of minisign, by its length */
	may_be_marked =
	    bits & signs || gv_ascii_small(p[0]) == 'a' || len == MINISIGN_LEN;
	if (may_be_marked && is_ciphertext(p, len))
		return GV_VALUE_CIPHERTEXT;
	if (bits & signs &&
	    (is_hash(p, len) ||
		(bits & GV_VALUE_HAS_MARK && bits & GV_VALUE_HAS_JOINT &&
		    is_account(p, len))))
		return GV_VALUE_HASH;
	if (gv_value_is_template(p, len, bits))
		return GV_VALUE_TEMPLATE;
	if (may_be_marked && is_public(p, len))
		return GV_VALUE_PUBLIC;
	if (gv_value_is_reference(p, len, bits) ||
	    (bits & signs && gv_value_is_code(p, len, bits)))
		return GV_VALUE_REFERENCE;
	if (gv_value_is_placeholder(p, len, bits))
		return GV_VALUE_PLACEHOLDER;
	if (bits & signs && is_uuid(p, len))
		return GV_VALUE_UUID;
	if (bits & signs && is_digest(p, len))
		return GV_VALUE_DIGEST;
	if (!(bits & GV_VALUE_HAS_LOWER) && is_number(p, len))
		return GV_VALUE_NUMBER;
	if ((bits & GV_VALUE_HAS_BLANK && is_prose(p, len)) ||
	    (bits & GV_VALUE_HAS_HIGH && is_foreign(p, len)))
		return GV_VALUE_PROSE;
	if (bits & joints && !(bits & signs & ~joints) && is_identifier(p, len))
		return GV_VALUE_IDENTIFIER;
	return GV_VALUE_LITERAL;
}

/* What is in it, of all bytes; of a short one only signs are looked at one by
 * one. */
static unsigned
bits_of(struct gv_letters *out, const char *p, size_t len)
{
	unsigned bits = 0;
	uint64_t signs;
	size_t i;

	*out = (struct gv_letters){ 0, 0, 0 };
	if (len > GV_LETTERS_MAX) {
		for (i = 0; i < len; i++)
			bits |= gv_value_bit(p[i]);
		return bits;
	}
	*out = gv_letters_of(p, len);
	bits = (out->lower ? GV_VALUE_HAS_LOWER : 0U) |
	    (out->upper ? GV_VALUE_HAS_UPPER : 0U) |
	    (out->digit ? GV_VALUE_HAS_DIGIT : 0U);
	signs = (((uint64_t)1 << len) - 1) &
	    ~(out->lower | out->upper | out->digit);
	for (; signs; signs &= signs - 1)
		bits |= gv_value_bit(p[__builtin_ctzll(signs)]);
	return bits;
}

void
gv_value_judge(struct gv_value *out, const char *p, size_t len)
{
	const unsigned known =
	    GV_VALUE_HAS_LOWER | GV_VALUE_HAS_UPPER | GV_VALUE_HAS_DIGIT;
	unsigned bits;

	len = without_ends(p, len);
	bits = bits_of(&out->letters, p, len);
	out->shape = shape_of(p, len, bits);
	out->has_lower = bits & GV_VALUE_HAS_LOWER;
	out->has_upper = bits & GV_VALUE_HAS_UPPER;
	out->has_digit = bits & GV_VALUE_HAS_DIGIT;
	out->has_other = bits & ~known;
	out->has_blank = bits & GV_VALUE_HAS_BLANK;
	out->is_exact = false;
	out->distinct = 0;
	if (out->shape == GV_VALUE_LITERAL && len >= COUNTED_MIN && len < SHORT)
		out->distinct = count_distinct(&out->is_exact, p, len);
}

bool
gv_value_is_ciphertext(const char *p, size_t len)
{
	len = without_ends(p, len);
	return len && is_ciphertext(p, len) && !is_empty(p, len);
}

bool
gv_value_is_promised(const struct gv_value *v, enum gv_name name)
{
	switch (v->shape) {
	case GV_VALUE_HASH:
	case GV_VALUE_UUID:
	case GV_VALUE_LITERAL:
	case GV_VALUE_IDENTIFIER:
		return name >= GV_NAME_KEY;
	case GV_VALUE_NUMBER:
	case GV_VALUE_PROSE:
		return name >= GV_NAME_PASSWORD;
	default:
		return false;
	}
}
