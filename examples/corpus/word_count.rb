# How often each word occurs, ignoring case.
def word_count(text)
  counts = Hash.new(0)
  text.downcase.scan(/\w+/) do |word|
    counts[word] += 1
  end
  most_common_first = counts.sort_by { |word, count| [-count, word] }
  most_common_first.to_h
end
