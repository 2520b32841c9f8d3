/** What captions say, in the scripts that DejaVu has: the most usual small words, of which other captions share the letters. */
const WORDS = {
  latin: `when you the and your that this with have just from they what friend monday morning coffee weekend nobody everyone me my
it is be for not on do at but we say or will one all would there about who get which go make can like time no know take people into
year good some could them see other than then now look only come over think also back after use two how our work first well way even
new want because any these give day most us`.split(/\s+/),
  cyrillic: `когда ты и в не на я что он с как это все она так его но они мы был для от меня еще нет о из ему теперь даже ну вдруг если уже
или ни быть него до вас опять вам ведь там потом себя ничего может тут где есть надо ней тебя сейчас друг утро кофе`.split(/\s+/),
  greek: `όταν και το να είναι μου σου που για με δεν τα από ένα στο τι θα έχω αυτό μας εγώ εσύ φίλος πρωί καφές τώρα όλα πολύ καλά ναι όχι
γιατί μόνο πάλι σήμερα αύριο`.split(/\s+/),
};

/** Words of buttons and menus. */
export const LABELS =
  `OK Cancel Save Share Like Comment Follow Reply Send Search Home Profile Settings Back Next Done Edit Delete Post Message
Notifications Photos Camera Video Live Today Yesterday More View Download Copy Help Sign in Log out Friends Groups Menu File Window Tools
Отмена Готово Назад Поиск Ответить Нравится Сохранить Далее`.split(/\s+/);

/** So many words, Latin ones two times out of three. */
export function phrase(random, count) {
  const script = random.one(['latin', 'latin', 'latin', 'latin', 'cyrillic', 'greek']);
  return Array.from({ length: count }, () => random.one(WORDS[script])).join(' ');
}
