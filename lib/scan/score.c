#include "scan/score.h"

/* What people choose has words in it, what a program makes does not. */
static const struct {
	int chosen, made;
	const char *text;
} values[GV_SCORE_VALUES] = {
	[GV_SCORE_NOTHING] = { -99, -99, "the value refers to another one" },
	[GV_SCORE_PROSE] = { -45, -60, "the value reads like a sentence" },
	[GV_SCORE_ITSELF] = { -32, -45,
	    "the value reads like a name, not like a secret" },
	[GV_SCORE_WORDS] = { -8, -27, "the value is made of words" },
	[GV_SCORE_PHRASE] = { 0, -40,
	    "the value is a phrase of several words" },
	[GV_SCORE_WORD] = { -5, -14, "the value is a word" },
	[GV_SCORE_DIGITS] = { 1, -30, "the value is a number" },
	[GV_SCORE_JUMBLE] = { 8, 6, "the letters of the value make no word" },
	[GV_SCORE_MIXED] = { 15, 15,
	    "the value mixes letters, digits or signs" },
	[GV_SCORE_UUID] = { 20, 20, "the value is a UUID" },
	[GV_SCORE_RANDOM] = { 41, 41,
	    "the value is as random as a generated key" },
};

static const struct {
	int points;
	const char *text;
} names[] = {
	[GV_NAME_PLAIN] = { -99, "the name says nothing" },
	[GV_NAME_WEAK] = { -25,
	    "the name can mean a secret, and often does not" },
	[GV_NAME_OF_KEY] = { -20, "the name is that of a key, of any kind" },
	[GV_NAME_KEY] = { 15, "the name is that of a secret key" },
	[GV_NAME_TOKEN] = { 15, "the name is that of a token or a secret" },
	[GV_NAME_PASSWORD] = { 30, "the name is that of a password" },
	[GV_NAME_PASSPHRASE] = { 30, "the name is that of a passphrase" },
};

static const struct {
	int points;
	const char *text;
} places[GV_SCORE_PLACES] = {
	[GV_SCORE_SETTING] = { 0, "it is a setting" },
	[GV_SCORE_CODE] = { -10, "it is in a program" },
	[GV_SCORE_COMPARISON] = { -10, "a program compares something with it" },
	[GV_SCORE_COMMENT] = { -12, "it is in a comment" },
	[GV_SCORE_LINE] = { -11, "it is a line of a text" },
	[GV_SCORE_SENTENCE] = { -40, "it is in a sentence" },
	[GV_SCORE_TRANSLATION] = { -36, "it is in a file of translations" },
};

static bool
is_chosen(const struct gv_score *score)
{
	return score->name == GV_NAME_PASSWORD ||
	    score->name == GV_NAME_PASSPHRASE;
}

int
gv_score_of_name(const struct gv_score *score)
{
	return names[score->name].points;
}

int
gv_score_of_value(const struct gv_score *score)
{
	/* a passphrase may be a sentence */
	if (score->name == GV_NAME_PASSPHRASE && score->value == GV_SCORE_PROSE)
		return -25;
	return is_chosen(score) ? values[score->value].chosen
				: values[score->value].made;
}

int
gv_score_of_place(const struct gv_score *score)
{
	return places[score->place].points;
}

int
gv_score_sum(const struct gv_score *score)
{
	return gv_score_of_name(score) + gv_score_of_value(score) +
	    gv_score_of_place(score);
}

const char *
gv_score_tell_name(const struct gv_score *score)
{
	return names[score->name].text;
}

const char *
gv_score_tell_value(const struct gv_score *score)
{
	return values[score->value].text;
}

const char *
gv_score_tell_place(const struct gv_score *score)
{
	return places[score->place].text;
}
