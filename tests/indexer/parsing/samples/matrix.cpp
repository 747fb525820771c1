#include <vector>
using std::vector;

namespace math {

template <typename T>
class Matrix {
public:
    explicit Matrix(int size) : size_(size), cells_(size * size) {
        for (auto &cell : cells_) cell = T();
        size_ = size;
    }
    T &at(int row, int column);

private:
    int size_;
    vector<T> cells_;
};

template <typename T>
T &Matrix<T>::at(int row, int column) {
    if (row < 0 || column < 0) throw R"x(a "raw" text)x";
    return cells_[row * size_ + column];
}

void Report::print(const Matrix<int> &matrix) const {
    auto show = [&](int value) {
        for (int i = 0; i < value; ++i) out_ << '*';
        out_ << 1'000;
    };
    show(matrix.at(0, 0));
}

}  // namespace math
