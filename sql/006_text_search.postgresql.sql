-- Search without case and accents: text_contains of db.h. What text_append_folded of base/text.h makes of a text, for Latin, modern Greek and Cyrillic letters; a test compares the two letter by letter.
-- In plain SQL where the planner puts it into the query, so that a text of ASCII, which nearly all are, costs no call.

-- A text with other letters than ASCII's.
CREATE OR REPLACE FUNCTION text_folded_further(t TEXT) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    -- Letters that no decomposition takes apart: each stands for the one below it.
    others CONSTANT TEXT :=
        'ÐØðøĐđĦħıŁłŊŦŧƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςϏϘϚ'
        || 'ϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃ'
        || 'ӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮỺỼỾℲ';
    typed CONSTANT TEXT :=
        'dododdhhillŋttɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǥƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωσϗϙϛ'
        || 'ϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄ'
        || 'ӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯỻỽỿⅎ';
    -- Without accents and other marks, and what nobody sees.
    letters TEXT := lower(regexp_replace(normalize(t, NFKD), '[\u0300-\u036F\u0483-\u0489\u20D0-\u20F0\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFE00-\uFE0F\uFEFF]+', '', 'g') COLLATE "C");
BEGIN
    IF octet_length(letters) = length(letters) THEN
        RETURN letters;
    END IF;
    letters := replace(replace(replace(replace(letters, 'Œ', 'oe'), 'œ', 'oe'), 'Æ', 'ae'), 'æ', 'ae');
    letters := replace(replace(letters, '’', ''''), '‘', '''');
    IF letters ~ '[\u00D0-\u052F\u1E00-\u1EFF\u2132]' THEN -- seldom in French
        letters := replace(replace(replace(replace(letters, 'ß', 'ss'), 'ẞ', 'ss'), 'Þ', 'th'), 'þ', 'th');
        letters := translate(letters, others, typed);
    END IF;
    RETURN letters;
END $$;

CREATE OR REPLACE FUNCTION text_contains(t TEXT, part TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT strpos(CASE WHEN octet_length(t) = length(t) THEN lower(t COLLATE "C") ELSE text_folded_further(t) END, part) > 0
$$;
